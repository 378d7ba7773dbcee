"""How far two people agree beyond chance."""

from __future__ import annotations

from collections.abc import Mapping


def cohen_kappa(table: Mapping[tuple[str, str], int]) -> float | None:
    """Cohen's kappa in [-1, 1] of counts by what the first and what the second says; None where it is not defined.

    Cohen (1960), https://doi.org/10.1177/001316446002000104. Not defined without counts, or where both always say the
    same one thing.
    """
    n = sum(table.values())
    if not n:
        return None
    names = {name for pair in table for name in pair}
    seen = sum(count for (one, other), count in table.items() if one == other) / n
    chance = sum(
        sum(count for (one, _), count in table.items() if one == name)
        * sum(count for (_, other), count in table.items() if other == name)
        for name in names
    ) / (n * n)
    return None if chance == 1 else (seen - chance) / (1 - chance)

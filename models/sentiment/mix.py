"""What a run learns from and how fast, as mix.toml says; last.toml says what is otherwise in the last stage."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def read_mix(*, last: bool = False) -> dict[str, Any]:
    """The settings by name; with `last` those of last.toml in the place of their namesakes."""
    mix = tomllib.loads((HERE / "mix.toml").read_text(encoding="utf-8"))
    return mix | (tomllib.loads((HERE / "last.toml").read_text(encoding="utf-8")) if last else {})

"""An option that is one of a few words: a misspelt one must not silently mean the default."""

from __future__ import annotations

from pipeline.errors import UsageError
from pipeline.sources.source import Subscription


def choice(subscription: Subscription, option: str, *words: str) -> str:
    """The option's word; the first of `words` where it is missing.

    Raises:
        UsageError: it is none of them.
    """
    chosen = subscription.options.get(option, words[0]).strip().lower()
    if chosen not in words:
        raise UsageError(
            f"{option} is {chosen!r}", where=subscription.name, remedy=f"Set it to one of {', '.join(words)}"
        )
    return chosen

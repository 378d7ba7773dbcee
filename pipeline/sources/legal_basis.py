"""Sources whose sites do not welcome collectors: off until the operator has written down why he may."""

from __future__ import annotations

from pipeline.errors import SourceBlocked
from pipeline.sources.source import Subscription

BASES = ("written permission", "contract", "own content", "text and data mining")


def require(subscription: Subscription) -> None:
    """Pass a subscription whose permission names a basis of BASES and says in `note` where it is written.

    robots.txt is obeyed beside it: a basis is the operator's reason, not the site's leave.

    Raises:
        SourceBlocked: it does not.
    """
    permission = subscription.permission
    if permission is not None and permission.basis.lower() in BASES and permission.note.strip():
        return
    raise SourceBlocked(
        f"{subscription.source} is off until a legal basis is recorded",
        where=subscription.name,
        remedy=f"Set the permission's basis to one of {', '.join(BASES)}, and say in its note where that is written",
    )

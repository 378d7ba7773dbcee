"""Links by which a person answers an alert: signed, for one answer to one incident, and only for some days."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from pipeline.errors import UsageError
from pipeline.reputation.answering import ANSWERS, Answer

# Part of the key: the same secret makes author pseudonyms, and neither may ever pass for the other.
_PURPOSE = b"leumund alert answer 1"


@dataclass(frozen=True)
class SignedAnswer:
    """What a link says: this answer to this incident, until it expires (UTC, whole seconds)."""

    incident_id: str
    answer: Answer
    expires_at: datetime


def sign(answer: SignedAnswer, secret: bytes) -> str:
    """The token of an answer, in letters that an address may hold."""
    content = json.dumps([answer.incident_id, answer.answer, int(answer.expires_at.timestamp())]).encode()
    return f"{_encode(content)}.{_encode(_seal(content, secret))}"


def verify(text: str, secret: bytes, now: datetime) -> SignedAnswer:
    """What a token, or an address that ends in one, says.

    Raises:
        UsageError: it was not signed with this secret, was changed, or has expired.
    """
    token = text.strip().rstrip("/").rsplit("/", 1)[-1]
    try:
        content, seal = (_decode(part) for part in token.split("."))
        if not hmac.compare_digest(seal, _seal(content, secret)):
            raise ValueError
        incident_id, answer, expires = json.loads(content)
    except ValueError:
        raise UsageError(
            "this is no link of ours", remedy="Copy the whole link, or use `leumund alerts ack ID`"
        ) from None
    if answer not in ANSWERS:
        raise UsageError(f"this link is for an unknown answer {answer!r}", remedy="Use `leumund alerts ack ID`")
    expires_at = datetime.fromtimestamp(expires, UTC)
    if expires_at <= now:
        raise UsageError(
            f"this link ended on {expires_at:%Y-%m-%d}", remedy=f"Answer with `leumund alerts ack {incident_id}`"
        )
    return SignedAnswer(incident_id, answer, expires_at)


def _seal(content: bytes, secret: bytes) -> bytes:
    key = hmac.new(secret, _PURPOSE, hashlib.sha256).digest()
    return hmac.new(key, content, hashlib.sha256).digest()


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)

"""A link answers for whom it was made, for what it was made, and no longer than it was made for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UsageError
from pipeline.reputation.answering import ANSWERS
from pipeline.reputation.signed_answer import SignedAnswer, sign, verify

NOW = datetime(2026, 11, 17, 12, tzinfo=UTC)
SECRET = b"a secret of this deployment"
MADE = SignedAnswer("ab12", "acknowledged", NOW + timedelta(days=14))


@given(st.text(min_size=1, max_size=20), st.sampled_from(ANSWERS))
def test_a_link_says_what_was_signed_as_token_and_as_address(incident_id: str, answer: str) -> None:
    made = SignedAnswer(incident_id, answer, NOW + timedelta(days=1))  # type: ignore[arg-type]
    token = sign(made, SECRET)
    assert verify(token, SECRET, NOW) == made
    assert verify(f"https://leumund.example.org/reputation/answer/{token}/ ", SECRET, NOW) == made


@given(st.data())
def test_a_changed_link_is_refused(data: st.DataObject) -> None:
    token = sign(MADE, SECRET)
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from("abcXYZ019-_.").filter(lambda one: one != token[place]))
    changed = token[:place] + letter + token[place + 1 :]
    try:
        said = verify(changed, SECRET, NOW)
    except UsageError:
        return
    assert said == MADE  # the last letter of a part has bits that mean nothing


@given(st.text(max_size=60))
def test_anything_else_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(UsageError, match="no link of ours"):
        verify(text, SECRET, NOW)


def test_another_deployments_link_and_an_old_one_are_refused() -> None:
    token = sign(MADE, SECRET)
    with pytest.raises(UsageError, match="no link of ours"):
        verify(token, b"another secret", NOW)
    with pytest.raises(UsageError, match="ended on 2026-12-01"):
        verify(token, SECRET, MADE.expires_at)

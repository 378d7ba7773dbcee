"""The picture of a replay: drawn for much, little and no data, in both languages, the same each time."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from pipeline.report.replay_chart import WORDS, replay_picture
from pipeline.reputation.numbers import Language
from pipeline.reputation.replay import BudgetRow, ReplayedAlert
from pipeline.reputation.timeline import Timeline

FIRST = date(2026, 1, 5)


def alert(day: date, severity: str) -> ReplayedAlert:
    return ReplayedAlert("lindgruen", "entity", "more", severity, day, day, 9, 1.2)  # type: ignore[arg-type]


def picture(weeks: int, alerts: int, language: Language = "en", form: str = "svg", *, known: bool = True) -> bytes:
    days = tuple(FIRST + timedelta(days=7 * k) for k in range(weeks))
    usual = np.full(weeks, 3.0 if known else np.nan)
    negatives = np.array([float(k % 9) for k in range(weeks)]) if known else np.zeros(weeks)
    line = Timeline(days, 7, negatives, usual, usual * 0.3, usual * 2)
    told = tuple(alert(days[k], "P1" if k % 2 else "P2") for k in range(alerts))
    rows = [BudgetRow(0.5, 4.0, 1.2, 1.0, told[:1]), BudgetRow(1.0, 3.5, 2.4, 1.0, told)]
    return replay_picture(line, rows, name="Lindgrün & <Co>", chosen=1.0, language=language, form=form)  # type: ignore[arg-type]


@pytest.mark.parametrize("language", ["en", "de"])
def test_svg_says_what_it_shows(language: Language) -> None:
    told = picture(40, 6, language).decode()
    assert "Lindgrün &amp; &lt;Co&gt;" in told
    assert WORDS[language]["rows"] in told
    assert ("2,4 im Monat" if language == "de" else "2.4 a month") in told


@pytest.mark.parametrize(("weeks", "alerts", "known"), [(400, 90, True), (1, 1, True), (3, 0, True), (20, 0, False)])
def test_much_little_and_no_data_are_drawn(weeks: int, alerts: int, known: bool) -> None:
    assert picture(weeks, alerts, form="png", known=known).startswith(b"\x89PNG")
    assert b"<svg" in picture(weeks, alerts, known=known)


def test_no_data_is_said() -> None:
    assert WORDS["en"]["nothing"] in picture(20, 0, known=False).decode()


def test_the_same_replay_gives_the_same_bytes() -> None:
    assert picture(30, 4) == picture(30, 4)
    assert picture(30, 4, form="png") == picture(30, 4, form="png")


def test_both_languages_have_the_same_words() -> None:
    assert WORDS["en"].keys() == WORDS["de"].keys()

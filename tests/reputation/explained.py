"""Invented incidents with their findings, for the tests of explanation, message and JSON."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from pipeline.reputation.cells import Cell
from pipeline.reputation.incident_explanation import Findings
from pipeline.reputation.quoting import NegativeReview
from pipeline.review import DataCheck, Incident, KnownEvent

DAY = date(2026, 11, 17)
LAST = date(2026, 11, 22)
INCIDENT = Incident(
    incident_id="ab12", dedup_key="reputation|lindgruen|", state="new", kind="more_and_worse", severity="P1",
    entity="lindgruen", scope="entity", start_day=DAY, alert_day=DAY, last_day=LAST, observed=18, expected=3.75,
    expected_low=0, expected_high=8, n_reviews=60, share=0.3, share_baseline=0.125, score=9.1, rule_version="scan-1",
    share_score=3.4, count_score=5.2,
)  # fmt: skip
CHECKS = (
    DataCheck("fresh", True, 40, 22.0, "portal"),
    DataCheck("fresh", True, 20, 8.0, "web_page"),
    DataCheck("copies", True, 0.3, 0.3),
    DataCheck("authors", True, 0.81, 0.78, n=49),
    DataCheck("set_aside", True, 0, 0),
)
TWICE = [
    "I was charged twice for one order and nobody answers.", "Charged twice! My bank says it was you.",
    "The desk charged twice and would not look at it.", "You charged twice, refund me.",
    "Was charged twice in one week, this is no joke.", "They charged twice and kept the money.",
]  # fmt: skip
LATE = [
    "The parcel came two weeks late.", "Delivery late again and no notice.", "My parcel was late, very late.",
]  # fmt: skip


def texts(*told: str, language: str = "en", themes: tuple[str, ...] = ()) -> list[NegativeReview]:
    """Negative reviews of the portal with these texts."""
    return [
        NegativeReview(f"{language}{k}-{len(text)}", text, "portal", DAY, themes, None, 1.0, language)
        for k, text in enumerate(told)
    ]


def findings(**changes: object) -> Findings:
    """Six days of 18 negative reviews of 60: a billing trouble in Hafen, with texts and a campaign near by."""
    made = Findings(
        first=DAY,
        last=LAST,
        cells=[
            Cell("theme", "billing", 12, 7, 11.0, 7.0), Cell("theme", "delivery", 4, 9, 3.0, 9.0),
            Cell("theme", "none", 4, 19, 4.0, 19.0),
            Cell("location", "Hafen", 15, 16), Cell("location", "Markt", 3, 19),
            Cell("source", "portal", 18, 35), Cell("language", "en", 18, 35),
            Cell("version", "2.0", 9, 0), Cell("version", "", 9, 35),
        ],
        n_reviews=60,
        n_negative=18,
        n_negative_baseline=35,
        baseline=[(DAY - timedelta(days=k), 5.0) for k in range(56, 0, -1)],
        n_texts=9,
        reviews=[*texts(*TWICE, themes=("billing",)), *texts(*LATE, themes=("delivery",))],
        reference=[("en", text) for text in LATE * 12],
        events=[KnownEvent("campaign", "Herbst", date(2026, 11, 16), date(2026, 11, 30))],
        checks=CHECKS,
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]

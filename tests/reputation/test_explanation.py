"""What an explanation says of an incident, with many texts, few, and none."""

from __future__ import annotations

import resource
from dataclasses import replace
from datetime import date

import pytest

from pipeline.reputation.cells import Cell
from pipeline.reputation.incident_explanation import Findings, explain
from pipeline.reputation.quoting import NegativeReview
from pipeline.review import Explanation, Incident
from tests.reputation.explained import DAY, INCIDENT, LAST, LATE, TWICE, findings, texts


def explanation(incident: Incident = INCIDENT, **changes: object) -> Explanation:
    found = explain(incident, findings(**changes)).explanation
    assert found is not None
    return found


def test_the_excess_is_split_into_more_and_worse_reviews() -> None:
    found = explanation()
    assert (found.from_more, found.from_worse) == (pytest.approx(3.75), pytest.approx(10.5))
    assert (found.from_more or 0) + (found.from_worse or 0) == pytest.approx(INCIDENT.observed - INCIDENT.expected)
    assert found.usual_reviews == pytest.approx(30)


def test_no_split_without_a_usual_share_or_of_other_than_negative_reviews() -> None:
    assert explanation(replace(INCIDENT, share_baseline=0.0)).from_more is None
    assert explanation(replace(INCIDENT, kind="positive_surge")).from_more is None


def test_a_planted_trouble_leads_drivers_phrases_topic_and_quotes() -> None:
    found = explain(INCIDENT, findings(), model_version="m1")
    leading = {d.dimension: d.name for d in reversed(found.drivers)}
    assert leading == {"theme": "billing", "location": "Hafen", "version": "2.0"}
    assert found.words[0] == "charged twice"
    assert found.explanation is not None
    topic = found.explanation.topic
    assert topic is not None
    assert (topic.term, topic.n, topic.of) == ("charged twice", 6, 9)
    assert "charged twice" in found.quotes[0].text.casefold()
    assert found.model_version == "m1"


def test_a_dimension_of_one_value_explains_nothing() -> None:
    assert not {"source", "language"} & {d.dimension for d in explain(INCIDENT, findings()).drivers}


def test_each_language_is_compared_with_itself() -> None:
    german = ["Es wurde doppelt abgebucht.", "Doppelt abgebucht und niemand hilft."] * 3
    told = [*texts(*TWICE), *texts(*german, language="de")]
    before = [*(("en", text) for text in LATE * 12), *(("de", "Die Ware kam zu spät."),) * 30]
    words = explain(INCIDENT, findings(reviews=told, reference=before)).words
    assert {"charged twice", "doppelt abgebucht"} <= set(words)


def test_phrases_fall_back_to_other_reviews_and_then_to_none() -> None:
    praise = [("en", "Kind staff and a quick answer")] * 30
    assert explanation(reference=[], others=praise).compared_with == "other_reviews"
    alone = explanation(reference=[], others=[])
    assert (alone.compared_with, alone.phrases, alone.topic) == ("nothing", (), None)


def test_no_phrase_repeats_another() -> None:
    words = explain(INCIDENT, findings(reviews=texts(*TWICE * 3))).words
    assert "charged" not in words
    assert "twice" not in words


def test_no_phrase_is_a_mark_of_masking() -> None:
    told = texts(*(f"[handle] charged twice, ask [e-mail] {text}" for text in TWICE))
    words = " ".join(explain(INCIDENT, findings(reviews=told)).words)
    assert "handle" not in words
    assert "mail" not in words


def test_stars_alone_are_explained_by_their_cells() -> None:
    found = explain(INCIDENT, findings(reviews=[], n_texts=0, reference=[]))
    assert found.quotes == ()
    assert found.words == ()
    assert found.drivers[0].name == "billing"


def test_nothing_but_an_incident_is_explained_without_a_fault() -> None:
    found = explain(replace(INCIDENT, observed=3, n_reviews=3, share=1.0, share_baseline=None), Findings(DAY, LAST))
    assert found.drivers == ()
    assert found.explanation is not None
    assert (found.explanation.n_negative, found.explanation.baseline_days) == (0, 0)


def test_the_same_findings_give_the_same_explanation() -> None:
    assert explain(INCIDENT, findings()) == explain(INCIDENT, findings())


def test_ten_thousand_texts_are_explained_within_memory() -> None:
    """The warehouse draws no more of a window of a hundred thousand reviews."""
    told = [
        NegativeReview(f"r{k:05}", f"{TWICE[k % 6]} No {k % 997}", "portal", DAY, ("billing",)) for k in range(10_000)
    ]
    reference = [(None, f"{LATE[k % 3]} Parcel {k % 991}") for k in range(10_000)]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = explain(INCIDENT, findings(reviews=told, reference=reference, n_negative=100_000, n_texts=100_000))
    assert found.words[0] == "charged twice"
    assert sum(quote.n_similar + 1 for quote in found.quotes) <= 10_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # kB


@pytest.mark.parametrize("window", [(DAY, DAY), (DAY, LAST), (date(2026, 11, 21), LAST)])
def test_expected_cells_add_up_to_what_was_expected_of_all(window: tuple[date, date]) -> None:
    cells = [Cell("location", "Hafen", 90, 16), Cell("location", "Markt", 80, 19)]
    found = explain(INCIDENT, findings(first=window[0], last=window[1], cells=cells))
    assert found.explanation is not None
    assert sum(d.expected for d in found.drivers) == pytest.approx(found.explanation.expected)

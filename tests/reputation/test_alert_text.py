"""The message in both languages: whole texts for the main cases, and what must never be in one."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from pipeline.reputation.alert_sentences import COUNTED, EVENT_KINDS, SENTENCES
from pipeline.reputation.alert_text import message
from pipeline.reputation.incident_explanation import Findings, explain
from pipeline.reputation.numbers import Language
from pipeline.review import DataCheck, Incident, Quote
from tests.reputation.explained import CHECKS, DAY, INCIDENT, LAST, findings

WHOLE = explain(INCIDENT, findings(), model_version="m1")

ENGLISH = """\
18 negative of 60 reviews up to 22 Nov 2026; normal 0–8 (expected 3.8).
Share of negative reviews 30% vs 12.5% normally.
A series that runs as usual reaches such a score less than once in 20 years.
Of 14 extra negative reviews about 4 come from more reviews and about 10 from worse ones.
Most are about one thing: 12 of 18 name Billing.
6 of 9 texts say “charged twice”.
By theme: Billing 12 (usually 0.8), Delivery 4 (usually 1.0).
By location: Hafen 15 (usually 1.7).
By version: 2.0 9 (new).
Words that stand out: charged twice (6).
“I was charged twice for one order and nobody answers.” (+5 similar)
“The parcel came two weeks late.” (+2 similar)
Known events: Campaign “Herbst”, 16 Nov 2026 to 30 Nov 2026.
Data check: all sources fresh, no copied texts, 81% of reviewers are new (usually 78%), one model judged all (m1).
Next steps:
1. Read the quotes and look at the reviews since Tue 17 Nov.
2. Check whether “Herbst” explains it.
3. Ask what changed since Tue 17 Nov, first of all in Billing.
4. Acknowledge, or mark as a false alarm: incident ab12."""

GERMAN = """\
18 negative von 60 Bewertungen bis 22. Nov. 2026; üblich 0–8 (erwartet 3,8).
Anteil negativer Bewertungen 30 % statt üblicher 12,5 %.
Läuft alles wie üblich, erreicht eine Reihe einen solchen Wert seltener als einmal in 20 Jahren.
Von 14 zusätzlichen negativen Bewertungen erklären sich rund 4 aus der Menge und rund 10 aus schlechteren Urteilen.
Meist geht es um eines: 12 von 18 nennen Rechnung.
6 von 9 Texten sagen „charged twice“.
Nach Thema: Rechnung 12 (üblich 0,8), Lieferung 4 (üblich 1,0).
Nach Standort: Hafen 15 (üblich 1,7).
Nach Version: 2.0 9 (neu).
Auffällige Wörter: charged twice (6).
„I was charged twice for one order and nobody answers.“ (+5 ähnliche)
„The parcel came two weeks late.“ (+2 ähnliche)
Bekannte Ereignisse: Aktion „Herbst“, 16. Nov. 2026 bis 30. Nov. 2026.
Datenprüfung: alle Quellen aktuell, keine abgeschriebenen Texte, 81 % der Verfasser sind neu (üblich 78 %), \
ein Modell hat alles beurteilt (m1).
Nächste Schritte:
1. Die Zitate lesen und die Bewertungen seit Di., 17. Nov. ansehen.
2. Prüfen, ob „Herbst“ es erklärt.
3. Nachfragen, was sich seit Di., 17. Nov. geändert hat, zuerst beim Thema Rechnung.
4. Bestätigen oder als Fehlalarm melden: Vorfall ab12."""


@pytest.mark.parametrize(("language", "text"), [("en", ENGLISH), ("de", GERMAN)])
def test_the_whole_message(language: Language, text: str) -> None:
    assert message(WHOLE, language).text.replace("\xa0", " ") == text


def test_the_title_names_kind_theme_entity_and_day() -> None:
    said = message(WHOLE, "en", entity_name="Lindgrün")
    assert said.title == "[P1] More and worse reviews, mainly Billing – Lindgrün, since Tue 17 Nov"
    said = message(replace(WHOLE, scope="location:Hafen"), "de", entity_name="Lindgrün")
    assert said.title.startswith(
        "[P1] Mehr und schlechtere Bewertungen, vor allem Rechnung – Lindgrün (Hafen), seit Di., 17. Nov"
    )


def numbers_of(text: str) -> list[str]:
    return re.findall(r"\d+", re.sub(r"(?<=\d)[.,](?=\d)", "", text))


def test_both_languages_say_the_same_numbers() -> None:
    big = replace(WHOLE, observed=1018, n_reviews=1060)
    en, de = (message(big, language).text for language in ("en", "de"))
    assert "1,018 negative of 1,060" in en
    assert "1.018 negative von 1.060" in de
    assert sorted(numbers_of(en)) == sorted(numbers_of(de))


def test_both_languages_have_the_same_sentences_with_the_same_fields() -> None:
    def fields(text: str) -> set[str]:
        return {name.removesuffix("_genitive").removesuffix("_dative") for name in re.findall(r"{(\w+)}", text)}

    assert SENTENCES["en"].keys() == SENTENCES["de"].keys()
    for key, text in SENTENCES["en"].items():
        assert fields(text) == fields(SENTENCES["de"][key]), key
    assert COUNTED["en"].keys() == COUNTED["de"].keys()
    assert EVENT_KINDS["en"].keys() == EVENT_KINDS["de"].keys()


@pytest.mark.parametrize("language", ["en", "de"])
def test_markdown_says_what_the_text_says(language: Language) -> None:
    said = message(WHOLE, language)
    plain = said.markdown.replace("\\", "")
    for line in said.text.splitlines():
        assert line in plain, line


def test_a_quote_cannot_make_links_nor_a_name() -> None:
    quote = Quote("r1", "Charged [twice](http://x.test), no answer", "portal", DAY)
    assert "\\[twice\\]\\(http" in message(replace(WHOLE, quotes=(quote,)), "en").markdown
    evil = explain(INCIDENT, findings(cells=[*findings().cells[:3], *_places("[Hafen](http://x.test)", "Markt")]))
    assert "\\[Hafen\\](" in message(evil, "en").markdown


def _places(one: str, other: str) -> list[object]:
    from pipeline.reputation.cells import Cell

    return [Cell("location", one, 15, 1), Cell("location", other, 3, 9)]


def test_stars_alone_say_so() -> None:
    told = message(explain(INCIDENT, findings(reviews=[], n_texts=0, reference=[])), "en").text
    assert "Stars only: none of the negative reviews has a text" in told
    assert "Read the quotes" not in told
    told = message(explain(INCIDENT, findings(reviews=[], n_texts=0, reference=[])), "de").text
    assert "Nur Sterne: Keine der negativen Bewertungen hat einen Text" in told


def test_three_bad_stars_of_a_young_shop() -> None:
    tiny = replace(
        INCIDENT, observed=3, n_reviews=4, expected=0.1, expected_high=1, share=0.75, share_baseline=0.2, score=3.4,
        last_day=DAY,
    )  # fmt: skip
    found = message(explain(tiny, Findings(DAY, DAY, n_reviews=4, n_negative=3)), "en").text
    assert found.splitlines()[:2] == [
        "3 negative of 4 reviews up to 17 Nov 2026; normal 0–1 (expected 0.1).",
        "Share of negative reviews 75% vs 20% normally.",
    ]
    assert "no earlier time to compare with" in found
    assert "None" not in found
    assert "nan" not in found


def test_an_incident_that_nobody_explained_is_told_all_the_same() -> None:
    bare = message(INCIDENT, "en").text
    assert bare.startswith("18 negative of 60")
    assert "Data check" not in bare


def test_a_sudden_batch_is_called_one() -> None:
    batch = replace(INCIDENT, n_reviews=120, share=18 / 120, expected=1.0)
    told = message(explain(batch, findings()), "en").text
    assert "A sudden batch: 120 reviews, where about 8 are usual." in told
    assert "Find out what brought so many reviews at once" in told


def test_more_reviews_that_are_no_worse_are_said_to_be_so() -> None:
    surge = replace(INCIDENT, kind="more", observed=15, n_reviews=120, share=0.125, expected=3.75)
    told = message(explain(surge, findings()), "en").text
    assert "come from more reviews, not from worse ones" in told
    worse = replace(INCIDENT, kind="worse", n_reviews=30, share=0.6)
    assert "come from worse reviews, not from more of them" in message(explain(worse, findings()), "en").text


def test_later_days_are_told_beside_the_strongest() -> None:
    told = message(explain(INCIDENT, findings(n_negative=25, n_reviews=90)), "en").text
    assert "From 17 Nov to 22 Nov: 25 negative of 90 reviews; about 3.8 negative ones were to be expected." in told


def test_what_is_wrong_with_the_data_comes_first() -> None:
    bad = (
        DataCheck("fresh", False, 0, 12.0, "web_page"),
        DataCheck("copies", False, 0.2, 0.45, n=14),
        DataCheck("authors", False, 0.95, 0.4, n=57),
    )
    told = message(explain(INCIDENT, findings(checks=(*CHECKS[:1], *bad))), "en").text
    assert (
        "Data check – look at this first: web page is stale (0 reviews, about 12 expected); 14 copies of a text left"
        " out (with them 45% negative, without 20%); 95% of reviewers are new (usually 40%)."
    ) in told
    assert "all sources fresh" not in told
    assert "Check whether the reviews are genuine" in told


@pytest.mark.parametrize(("kind", "word"), [("positive_surge", "positive"), ("manipulation", "suspicious")])
def test_other_kinds_name_what_they_count(kind: str, word: str) -> None:
    other: Incident = replace(WHOLE, kind=kind)  # type: ignore[arg-type]
    assert f"18 {word} of 60 reviews" in message(other, "en").text
    assert message(other, "de").text.startswith("18 ")


def test_a_data_incident_says_so() -> None:
    data = replace(INCIDENT, kind="data", severity="P2", scope="source:portal", score=0.0)
    said = message(data, "en")
    assert said.title.startswith("[P2] Data problem – lindgruen (portal)")
    assert "negative" not in said.text
    assert "leumund doctor" in said.text


def test_an_event_of_one_day_has_one_date() -> None:
    from pipeline.review import KnownEvent

    events = [KnownEvent("release", "2.0", date(2026, 11, 15))]
    assert "Release “2.0” on 15 Nov 2026." in message(explain(INCIDENT, findings(events=events)), "en").text
    assert LAST > DAY

"""The sentences of the weekly page as data: one template a meaning and language, with the same numbers in each.

A pair holds the singular and the plural for a number in front. No sentence says more than its verdict allows. Hyphens
that must not end a line are non-breaking ones.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.reputation.numbers import Language

SENTENCES: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "empty": "No reviews came in this week.",
        "no_figure": "Too few reviews for a figure (n = {n}).",
        "no_comparison": "Too few reviews for a comparison (n = {n}): {x} of {n} negative.",
        "first": "Negative reviews: {x} of {n} ({share}, 95% range {band}). There is no earlier week to "
        "compare with yet.",
        "thin_baseline": "Negative reviews: {x} of {n} ({share}, 95% range {band}). Too few earlier reviews to "
        "compare with (n = {n0}).",
        "clear_up": "Negative reviews rose clearly: {facts}",
        "clear_down": "Negative reviews fell clearly: {facts}",
        "likely_up": "Negative reviews probably rose: {facts}",
        "likely_down": "Negative reviews probably fell: {facts}",
        "none": "No reliable change in negative reviews: {facts}",
        "facts": "{x} of {n} ({share}, 95% range {band}) after {baseline} in {span} (change {diff} {unit},"
        " range {range}).",
        "week_before": "the week before",
        "weeks_before": "the {k} weeks before",
        "theme_part": "{theme} accounts for {part} of the {total} {unit}.",
        "theme_alone": "{theme} alone: {part} {unit}; all other themes together {rest}.",
        "theme_unnamed": "Reviews that name no theme account for {part} of the {total} {unit}.",
        "theme_nobody": "No single theme explains it.",
        "theme_up_clear": "Complaints about {theme} rose clearly: {share} of all reviews after {baseline}.",
        "theme_up_likely": "Complaints about {theme} probably rose: {share} of all reviews after {baseline}.",
        "theme_down_clear": "Complaints about {theme} fell clearly: {share} of all reviews after {baseline}.",
        "theme_down_likely": "Complaints about {theme} probably fell: {share} of all reviews after {baseline}.",
        "volume": "Volume: {n} reviews against {usual} in a usual week.",
        "volume_split": "Volume: {n} reviews against {usual} in a usual week; of {extra} extra negative ones "
        "about {more} through more reviews, about {worse} through worse ones.",
        "rating_lag": "moves slowly by design",
        "place_worse": "{place}: {x} of {n} negative in nine weeks ({share}; limit for this number {limit}) – "
        "more than chance explains.",
        "place_better": "{place}: {x} of {n} negative in nine weeks ({share}; limit for this number {limit}) – "
        "fewer than chance explains.",
        "places_rest": "All other locations: within the expected range; typical true gap between locations {tau}"
        " {unit}.",
        "places_all": "All {k} locations are within the expected range; typical true gap between them {tau} {unit}.",
        "places_rest_even": "All other locations: within the expected range; no true gap between them can be made out.",
        "places_all_even": "All {k} locations are within the expected range; no true gap between them can be made out.",
        "places_few": "A comparison of locations needs at least 3 with reviews.",
        "unfinished": "The week is not over yet: data until {moment}.",
        "stale": "Source “{source}” is stale: newest review {newest}, {n} this week{usual}. This week's "
        "figures may be incomplete.",
        "stale_usual": " (usually {expected})",
        "never": "unknown",
        "signal_outside": "This week lies outside the control limits ({low} to {high}).",
        "signal_run": "Eight or more weeks in a row on one side of the usual share ({center}): a lasting shift.",
        "signal_none": "Within the control limits ({low} to {high}): ordinary week-to-week variation.",
        "chart": "Negative share by week, the last {k}. Newest: {value}. Usual share {center}, limits this"
        " week {low} to {high}. Lowest week {min}, highest {max}.",
        "basis": "Basis: {reviews} from {sources}; newest {newest}.",
        "basis_bare": "Basis: {reviews} from {sources}.",
        "basis_unknown": "Basis: {reviews}.",
        "stale_more": "Further stale sources: {n}.",
        "tests": "{tests}, judged together: of the changes called clear at most 5% are expected to be "
        "false alarms, of the likely ones at most 20%.",
        "visible": "With {n} reviews a change of less than {points} {unit} can easily go unseen.",
        "model": "Model {model}.",
        "incident": "{kind} since {day}: {x} negative of {n}, {expected} expected (usual {low}–{high})",
        "incident_count": "{kind} since {day}: {n} reviews",
        "mainly": "mainly {drivers}",
        "words": "words: {words}",
    },
    "de": {
        "empty": "In dieser Woche gingen keine Bewertungen ein.",
        "no_figure": "Zu wenige Bewertungen für eine Kennzahl (n = {n}).",
        "no_comparison": "Zu wenige Bewertungen für einen Vergleich (n = {n}): {x} von {n} negativ.",
        "first": "Negative Bewertungen: {x} von {n} ({share}, 95‑%‑Bereich {band}). Für einen Vergleich "
        "fehlt noch eine frühere Woche.",
        "thin_baseline": "Negative Bewertungen: {x} von {n} ({share}, 95‑%‑Bereich {band}). Zu wenige frühere "
        "Bewertungen für einen Vergleich (n = {n0}).",
        "clear_up": "Der Anteil negativer Bewertungen ist deutlich gestiegen: {facts}",
        "clear_down": "Der Anteil negativer Bewertungen ist deutlich gesunken: {facts}",
        "likely_up": "Der Anteil negativer Bewertungen ist wahrscheinlich gestiegen: {facts}",
        "likely_down": "Der Anteil negativer Bewertungen ist wahrscheinlich gesunken: {facts}",
        "none": "Beim Anteil negativer Bewertungen gibt es keine belastbare Veränderung: {facts}",
        "facts": "{x} von {n} ({share}, 95‑%‑Bereich {band}) nach {baseline} in {span} (Veränderung {diff}"
        " {unit}, Bereich {range}).",
        "week_before": "der Woche davor",
        "weeks_before": "den {k} Wochen davor",
        "theme_part": "Auf das Thema {theme} entfallen {part} von {total} {unit}.",
        "theme_alone": "Allein das Thema {theme}: {part} {unit}; alle übrigen Themen zusammen {rest}.",
        "theme_unnamed": "Auf Bewertungen ohne genanntes Thema entfallen {part} von {total} {unit}.",
        "theme_nobody": "Kein einzelnes Thema erklärt das.",
        "theme_up_clear": "Klagen zum Thema {theme} haben deutlich zugenommen: {share} aller Bewertungen nach "
        "{baseline}.",
        "theme_up_likely": "Klagen zum Thema {theme} haben wahrscheinlich zugenommen: {share} aller Bewertungen nach"
        " {baseline}.",
        "theme_down_clear": "Klagen zum Thema {theme} haben deutlich abgenommen: {share} aller Bewertungen nach "
        "{baseline}.",
        "theme_down_likely": "Klagen zum Thema {theme} haben wahrscheinlich abgenommen: {share} aller Bewertungen nach"
        " {baseline}.",
        "volume": "Menge: {n} Bewertungen statt {usual} in einer üblichen Woche.",
        "volume_split": "Menge: {n} Bewertungen statt {usual} in einer üblichen Woche; von {extra} zusätzlichen "
        "negativen rund {more} durch mehr Bewertungen, rund {worse} durch schlechtere.",
        "rating_lag": "reagiert absichtlich träge",
        "place_worse": "{place}: {x} von {n} negativ in neun Wochen ({share}; Grenze bei dieser Anzahl {limit}) "
        "– mehr, als der Zufall erklärt.",
        "place_better": "{place}: {x} von {n} negativ in neun Wochen ({share}; Grenze bei dieser Anzahl {limit}) "
        "– weniger, als der Zufall erklärt.",
        "places_rest": "Alle übrigen Standorte: im erwartbaren Bereich; typischer echter Abstand zwischen "
        "Standorten {tau} {unit}.",
        "places_all": "Alle {k} Standorte liegen im erwartbaren Bereich; typischer echter Abstand untereinander"
        " {tau} {unit}.",
        "places_rest_even": "Alle übrigen Standorte: im erwartbaren Bereich; ein echter Abstand ist nicht erkennbar.",
        "places_all_even": "Alle {k} Standorte liegen im erwartbaren Bereich; ein echter Abstand ist nicht erkennbar.",
        "places_few": "Ein Vergleich der Standorte braucht mindestens 3 mit Bewertungen.",
        "unfinished": "Die Woche ist noch nicht zu Ende: Daten bis {moment}.",
        "stale": "Die Quelle „{source}“ ist veraltet: jüngste Bewertung {newest}, {n} in dieser "
        "Woche{usual}. Die Zahlen dieser Woche sind womöglich unvollständig.",
        "stale_usual": " (üblich: {expected})",
        "never": "unbekannt",
        "signal_outside": "Diese Woche liegt außerhalb der Kontrollgrenzen ({low} bis {high}).",
        "signal_run": "Acht oder mehr Wochen in Folge auf einer Seite des üblichen Anteils ({center}): eine "
        "dauerhafte Verschiebung.",
        "signal_none": "Innerhalb der Kontrollgrenzen ({low} bis {high}): gewöhnliche Schwankung von Woche zu Woche.",
        "chart": "Anteil negativer Bewertungen je Woche, die letzten {k}. Jüngste: {value}. Üblicher "
        "Anteil {center}, Grenzen in dieser Woche {low} bis {high}. Niedrigste Woche {min}, "
        "höchste {max}.",
        "basis": "Grundlage: {reviews} aus {sources}; jüngste vom {newest}.",
        "basis_bare": "Grundlage: {reviews} aus {sources}.",
        "basis_unknown": "Grundlage: {reviews}.",
        "stale_more": "Weitere veraltete Quellen: {n}.",
        "tests": "{tests}, gemeinsam beurteilt: Von den als deutlich bezeichneten Veränderungen sind "
        "höchstens 5 % als Fehlalarm zu erwarten, von den wahrscheinlichen höchstens 20 %.",
        "visible": "Veränderungen unter {points} {unit} bleiben bei {n} Bewertungen leicht unentdeckt.",
        "model": "Modell {model}.",
        "incident": "{kind} seit {day}: {x} negativ von {n}, {expected} erwartet (üblich {low}–{high})",
        "incident_count": "{kind} seit {day}: {n} Bewertungen",
        "mainly": "vor allem {drivers}",
        "words": "Wörter: {words}",
    },
}

COUNTED: Mapping[Language, Mapping[str, tuple[str, str]]] = {
    "en": {
        "point": ("point", "points"),
        "point_dative": ("point", "points"),
        "reviews": ("{n} review", "{n} reviews"),
        "sources": ("{n} source", "{n} sources"),
        "tests": ("{n} comparison", "{n} comparisons"),
        "n_star_only": ("{n} with stars only", "{n} with stars only"),
        "n_unscored_language": (
            "{n} in a language the model does not cover",
            "{n} in languages the model does not cover",
        ),
        "n_set_aside": ("{n} set aside as unreadable", "{n} set aside as unreadable"),
        "n_removed": ("{n} since removed by the portal", "{n} since removed by the portal"),
        "n_edited": ("{n} edited since", "{n} edited since"),
        "n_duplicate": ("{n} near-duplicate of another", "{n} near-duplicates of others"),
        "n_contradictory": ("{n} whose text contradicts its stars", "{n} whose text contradicts their stars"),
        "n_date_only": ("{n} with a date but no time", "{n} with a date but no time"),
        "stars": ("{n} star", "{n} stars"),
    },
    "de": {
        "point": ("Prozentpunkt", "Prozentpunkte"),
        "point_dative": ("Prozentpunkt", "Prozentpunkten"),
        "reviews": ("{n} Bewertung", "{n} Bewertungen"),
        "sources": ("{n} Quelle", "{n} Quellen"),
        "tests": ("{n} Vergleich", "{n} Vergleiche"),
        "n_star_only": ("{n} nur mit Sternen", "{n} nur mit Sternen"),
        "n_unscored_language": (
            "{n} in einer Sprache, die das Modell nicht abdeckt",
            "{n} in Sprachen, die das Modell nicht abdeckt",
        ),
        "n_set_aside": ("{n} unlesbar beiseitegelegt", "{n} unlesbar beiseitegelegt"),
        "n_removed": ("{n} seither vom Portal entfernt", "{n} seither vom Portal entfernt"),
        "n_edited": ("{n} nachträglich geändert", "{n} nachträglich geändert"),
        "n_duplicate": ("{n} fast wortgleich mit einer anderen", "{n} fast wortgleich mit anderen"),
        "n_contradictory": (
            "{n} mit Sternen, denen der Text widerspricht",
            "{n} mit Sternen, denen der Text widerspricht",
        ),
        "n_date_only": ("{n} mit Datum ohne Uhrzeit", "{n} mit Datum ohne Uhrzeit"),
        "stars": ("{n} Stern", "{n} Sterne"),
    },
}

"""Measures a model folder on labelled sets and holds it to floors.

    python models/sentiment/evaluate.py [--corpus FOLDER] [--samples 400] [--labels FILE] [--floors FILE]

The invented sentences of evaluation/*.jsonl are always read; samples of the corpus (Parquet files) where its folder is
given. With `--floors` it ends with 1 if a set lies below one of its floors.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
from mix import read_mix
from theme_figures import ThemedText, ThemeResult, measure_themes, read_themed, read_themed_corpus

from pipeline.review import Score
from pipeline.scoring.engine import Engine, Text
from pipeline.text.clean import clean

HERE = Path(__file__).resolve().parent
SENTENCES = ("de", "en", "others", "hard", "hard_dev")
# The first was written by someone else than what trains; by the second and by the real reviews the combination with the
# cues was chosen.
THEMED = ("themes_apart", "themes_dev")
CORPUS_SETS = (
    ("marc", "en"),
    ("marc", "de"),
    ("marc", "fr"),
    ("marc", "es"),
    ("jameda_de", "de"),
    ("google_hornbach_de", "de"),
    ("insurance_fr", "fr"),
    ("trustpilot_pet_en", "en"),
    ("appstore_rosematcher", "en"),
    ("m_absa", "nl"),
    ("m_absa", "es"),
    ("books_pt", "pt"),
    ("airline_tweets", "en"),
    ("sentipolc16_it", "it"),
    ("tourism_es", "es"),
    ("umsab", "en"),
    ("umsab", "de"),
    ("umsab", "fr"),
    ("umsab", "es"),
    ("umsab", "it"),
    ("umsab", "pt"),
)
# md5 of the id orders the rows: the same sample on every machine.
_SAMPLE = """
select text, case label when 'neg' then 'negative' when 'pos' then 'positive' else 'neutral' end, stars
from read_parquet($path) where lang = $lang and label is not null and length(text) > 0
    and (not $trained or list_has_any([left(md5(coalesce(nullif(entity, ''), id)), n) for n in [1, 3]], $held_out))
order by md5('sample' || id) limit $count
"""


@dataclass(frozen=True)
class Example:
    """A text with its true label and, where known, its stars (1-5)."""

    text: str
    language: str
    label: str
    stars: float | None = None


@dataclass(frozen=True)
class Share:
    """`hits` of `n`; prints as share, 95 % Wilson interval and n."""

    hits: int
    n: int

    @property
    def value(self) -> float:
        """The share in [0, 1]; 0 of an empty set."""
        return self.hits / self.n if self.n else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % Wilson interval."""
        if self.n == 0:
            return 0.0, 1.0
        z, n = 1.96, self.n
        centre = (self.value + z * z / (2 * n)) / (1 + z * z / n)
        half = z * math.sqrt(self.value * (1 - self.value) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        return max(0.0, centre - half), min(1.0, centre + half)

    def __str__(self) -> str:
        """Such as `.912 [.880, .937] (n 400)`; `-` for an empty set."""
        if self.n == 0:
            return "-"
        low, high = self.interval
        return f"{self.value:.3f} [{low:.3f}, {high:.3f}] (n {self.n})"


@dataclass(frozen=True)
class Result:
    """Figures of one set; `star_error` and `whole_error` are mean absolute errors in stars, None without stars.

    The second is that of whole stars: what is given, rounded.
    """

    name: str
    shares: Mapping[str, Share]
    macro_f1: float
    star_error: float | None
    whole_error: float | None

    def figures(self) -> dict[str, float]:
        """The figures that floors are set for."""
        return {name: share.value for name, share in self.shares.items()} | {"macro_f1": self.macro_f1}

    def line(self) -> str:
        """One line for people."""
        parts = [f"{name} {share}" for name, share in self.shares.items() if share.n]
        error = ""
        if self.star_error is not None:
            error = f"; mean star error {self.star_error:.2f}, of whole stars {self.whole_error:.2f}"
        return f"{self.name}: {'; '.join(parts)}; macro-F1 {self.macro_f1:.3f}{error}"


Case = tuple[Example, Score]


def measure(engine: Engine, name: str, examples: Sequence[Example]) -> Result:
    """The figures of one set; a text the model abstains from counts as missed."""
    texts = (Text(str(number), clean(item.text), item.language) for number, item in enumerate(examples))
    cases = list(zip(examples, engine.score(texts), strict=True))
    polar = [case for case in cases if case[0].label != "neutral"]
    starred = [case for case in cases if case[0].stars is not None]
    shares = {
        "three_way": _share(cases, lambda item, score: score.label == item.label),
        # Two classes: on which side of three stars the text lies.
        "polar": _share(polar, lambda item, score: (item.label == "positive") == _above(score, 3.0)),
        "negative_recall": _share([c for c in cases if c[0].label == "negative"], lambda _, score: _alarms(score)),
        "positive_alarms": _share([c for c in cases if c[0].label == "positive"], lambda _, score: _alarms(score)),
        "stars_exact": _share(starred, lambda item, score: _off(item, score) < 0.5),
    }
    f1 = _macro_f1([(item.label, str(score.label)) for item, score in cases])
    off = [_off(item, score) for item, score in starred]
    if not off:
        return Result(name, shares, f1, None, None)
    # The true stars are whole, so rounding the distance rounds what is given.
    return Result(name, shares, f1, sum(off) / len(off), sum(math.floor(each + 0.5) for each in off) / len(off))


def _share(cases: Sequence[Case], holds: Callable[[Example, Score], bool]) -> Share:
    return Share(sum(holds(item, score) for item, score in cases), len(cases))


def _alarms(score: Score) -> bool:
    return bool(score.is_negative)


def _above(score: Score, stars: float) -> bool | None:
    return None if score.stars is None else score.stars > stars


def _off(item: Example, score: Score) -> float:
    """How far the stars lie from the true ones; the whole scale where the model abstains."""
    return 4.0 if item.stars is None or score.stars is None else abs(item.stars - score.stars)


def _macro_f1(pairs: Sequence[tuple[str, str]]) -> float:
    values = []
    for label in sorted({true for true, _ in pairs}):
        both = sum(true == given == label for true, given in pairs)
        either = sum(true == label for true, _ in pairs) + sum(given == label for _, given in pairs)
        values.append(2 * both / either)
    return sum(values) / max(1, len(values))


def own_sets() -> Iterator[tuple[str, list[Example]]]:
    """The sentences that ship, by file name."""
    for name in SENTENCES:
        lines = (HERE / "evaluation" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        rows = [json.loads(line) for line in lines]
        yield name, [Example(row["text"], row["language"], row["label"]) for row in rows]


def themed_sets(corpus: Path | None) -> Iterator[tuple[str, list[ThemedText]]]:
    """The sentences with themes that ship and do not train, by language; then the real reviews, where they are."""
    for name in THEMED:
        for language, items in read_themed(HERE / "evaluation" / f"{name}.jsonl"):
            yield f"{name}_{language}", items
    if corpus:
        for language, items in read_themed_corpus(corpus, HERE / "labels").items():
            yield f"themes_real_{language}", items


def corpus_sets(folder: Path, count: int) -> Iterator[tuple[str, list[Example]]]:
    """Deterministic samples of what never trained, `count` texts a set at most; a set that is not there is left out."""
    mix = read_mix()
    for dataset, language in CORPUS_SETS:
        path = folder / f"{dataset}.parquet"
        if path.exists():
            values = {"path": str(path), "lang": language, "count": count, "held_out": mix["held_out"]}
            rows = duckdb.execute(_SAMPLE, values | {"trained": dataset in mix["sets"]}).fetchall()
            yield (
                dataset if dataset.endswith(f"_{language}") else f"{dataset}_{language}",
                [Example(text, language, label, stars) for text, label, stars in rows],
            )


def labelled_sets(path: Path) -> Iterator[tuple[str, list[Example]]]:
    """The texts of `leumund label export`, by language, in the order in which languages come."""
    found: dict[str, list[Example]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        language = row["language"] or "unknown"
        found.setdefault(language, []).append(Example(row["text"], language, row["label"], row["stars"]))
    for language, examples in found.items():
        yield f"labels_{language}", examples


def missed_floors(result: Result | ThemeResult, floors: Mapping[str, Mapping[str, float]]) -> list[str]:
    """A sentence for each floor of the set that its figure lies below."""
    figures = result.figures()
    return [
        f"{result.name}: {figure} {figures[figure]:.3f} lies below its floor {floor}"
        for figure, floor in floors.get(result.name, {}).items()
        if figures[figure] < floor
    ]


def main() -> int:
    """Print one line a set; 1 if a floor is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=HERE)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--samples", type=int, default=400)
    parser.add_argument("--labels", type=Path, help="JSON lines of `leumund label export`")
    parser.add_argument("--floors", type=Path)
    given = parser.parse_args()
    engine = Engine.load(given.model)
    floors = json.loads(given.floors.read_text(encoding="utf-8")) if given.floors else {}
    missed: list[str] = []
    sets = [*own_sets()]
    sets += corpus_sets(given.corpus, given.samples) if given.corpus else ()
    sets += labelled_sets(given.labels) if given.labels else ()
    for name, examples in sets:
        result = measure(engine, name, examples)
        missed += missed_floors(result, floors)
        sys.stdout.write(result.line() + "\n")
        sys.stdout.flush()
    for name, items in themed_sets(given.corpus):
        found = measure_themes(engine, name, items)
        missed += missed_floors(found, floors)
        sys.stdout.write(found.line() + "\n")
    for line in missed:
        sys.stderr.write(line + "\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

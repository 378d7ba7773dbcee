"""Measures the shipped model against labelled sets and the floors of floors.json.

    python models/sentiment/evaluate.py [CORPUS_FOLDER] [SAMPLES_PER_SET]

The sentences of evaluation/*.jsonl are always read; the corpus (Parquet files) where its folder is given.
Ends with 1 if a set falls below its floor.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.scoring.engine import Engine, Text
from pipeline.text.clean import clean

HERE = Path(__file__).resolve().parent
CORPUS_SETS = (
    ("marc", "en"),
    ("marc", "de"),
    ("marc", "fr"),
    ("marc", "es"),
    ("jameda_de", "de"),
    ("hospital_absa_de", "de"),
    ("google_hornbach_de", "de"),
)
# md5 of the id orders the rows: the same sample on every machine.
_SAMPLE = """
select text, case when label = 'neg' then 'negative' when label = 'pos' then 'positive' else 'neutral' end
from read_parquet($path) where lang = $lang and label is not null and length(text) > 0
and ($dataset <> 'marc' or extra like '%test%') order by md5(id) limit $count
"""


@dataclass(frozen=True)
class Example:
    """A text with its true label."""

    text: str
    language: str
    label: str


@dataclass(frozen=True)
class Result:
    """Figures of one set: shares in [0, 1]; `low` and `high` bound pos/neg accuracy (Wilson, 95 %)."""

    name: str
    n: int
    accuracy: float
    macro_f1: float
    n_polar: int
    polar_accuracy: float
    low: float
    high: float
    negative_recall: float


def wilson(hits: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share."""
    if n == 0:
        return 0.0, 1.0
    z, share = 1.96, hits / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return centre - half, centre + half


def measure(engine: Engine, name: str, examples: Sequence[Example]) -> Result:
    """The figures of one set."""
    texts = (Text(str(number), clean(item.text), item.language) for number, item in enumerate(examples))
    scores = list(engine.score(texts))
    pairs = [(item.label, score) for item, score in zip(examples, scores, strict=True) if score.stars is not None]
    polar = [(label, score) for label, score in pairs if label != "neutral"]
    right = sum((score.stars or 3) > 3 if label == "positive" else (score.stars or 3) <= 3 for label, score in polar)
    negatives = [score for label, score in pairs if label == "negative"]
    low, high = wilson(right, len(polar))
    return Result(
        name,
        len(pairs),
        sum(label == score.label for label, score in pairs) / max(1, len(pairs)),
        _macro_f1([(label, str(score.label)) for label, score in pairs]),
        len(polar),
        right / max(1, len(polar)),
        low,
        high,
        sum(bool(score.is_negative) for score in negatives) / max(1, len(negatives)),
    )


def _macro_f1(pairs: Sequence[tuple[str, str]]) -> float:
    values = []
    for label in sorted({true for true, _ in pairs}):
        both = sum(true == given == label for true, given in pairs)
        either = sum(true == label for true, _ in pairs) + sum(given == label for _, given in pairs)
        values.append(2 * both / either)
    return sum(values) / max(1, len(values))


def own_sets() -> Iterator[tuple[str, list[Example]]]:
    """The sets that ship, by file name."""
    for path in sorted((HERE / "evaluation").glob("*.jsonl")):
        yield path.stem, [Example(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def corpus_sets(folder: Path, count: int) -> Iterator[tuple[str, list[Example]]]:
    """Deterministic samples of the corpus, `count` texts a set at most."""
    import duckdb

    for dataset, language in CORPUS_SETS:
        values = {"path": str(folder / f"{dataset}.parquet"), "lang": language, "dataset": dataset, "count": count}
        rows = duckdb.execute(_SAMPLE, values).fetchall()
        yield f"{dataset}_{language}", [Example(text, language, label) for text, label in rows]


def main(arguments: Sequence[str]) -> int:
    """Print one line a set; 1 if a floor is missed."""
    engine = Engine.load(HERE)
    floors: dict[str, float] = json.loads((HERE / "floors.json").read_text(encoding="utf-8"))
    sets = [*own_sets()]
    if arguments:
        sets += corpus_sets(Path(arguments[0]), int(arguments[1]) if len(arguments) > 1 else 500)
    missed = 0
    for name, examples in sets:
        found = measure(engine, name, examples)
        missed += found.polar_accuracy < floors.get(name, 0.0)
        sys.stdout.write(
            f"{name}: n {found.n}, 3-class accuracy {found.accuracy:.3f}, macro-F1 {found.macro_f1:.3f}; pos/neg "
            f"{found.polar_accuracy:.3f} [{found.low:.3f}, {found.high:.3f}] (n {found.n_polar}); "
            f"recall of negatives {found.negative_recall:.3f}\n"
        )
        sys.stdout.flush()
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Chooses from which share a theme is named and what a cue counts, on texts that neither train nor test.

    python models/sentiment/tune_themes.py CORPUS_FOLDER [--model models/sentiment] [--write]

The texts: `evaluation/themes_dev.jsonl`, and the real reviews of `labels/` that are kept apart. The best
is the greatest mean over German and English, invented and real, of the macro-F1 over groups and, of the invented ones,
which hold every code, half that over codes. `--write` stores it in leumund.json. Needs duckdb and the corpus; no torch.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from theme_figures import ThemedText, ThemeResult, read_themed, read_themed_corpus, theme_figures

from pipeline.scoring.engine import Engine, Reading
from pipeline.scoring.escalation import Opinion
from pipeline.scoring.theme_maps import ThemeOutputs
from pipeline.text.clean import clean

HERE = Path(__file__).resolve().parent
NAMED_FROM = [round(0.15 + 0.03 * step, 2) for step in range(14)]
GROUP_CUES = (0.0, 0.5, 1.0, 1.5)
CODE_CUES = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0)


@dataclass(frozen=True)
class ReadSet:
    """Texts with what the model read in them and which codes' cues they hold."""

    name: str
    is_real: bool
    items: Sequence[ThemedText]
    readings: Sequence[Reading]
    cues: Sequence[Collection[str]]

    def figures(self, outputs: ThemeOutputs) -> ThemeResult:
        """The figures under these weights."""
        named = [
            outputs.mentions(reading.present, reading.polarity, 0.0, cues)
            for reading, cues in zip(self.readings, self.cues, strict=True)
            if reading.present is not None and reading.polarity is not None
        ]
        return theme_figures(self.name, self.items, named)


def read_sets(engine: Engine, corpus: Path) -> Iterator[ReadSet]:
    """The sets that decide, read once."""
    real = read_themed_corpus(corpus, HERE / "labels")
    invented = read_themed(HERE / "evaluation" / "themes_dev.jsonl")
    for is_real, found in ((False, invented), (True, iter(real.items()))):
        for language, items in found:
            texts = [clean(item.text) for item in items]
            read = [engine.rules.read(text, language, 0.0, Opinion("neutral", 0.0, 0.0)).themes for text in texts]
            cues = [{f"{each.group}.{each.theme}" for each in mentions if each.group != "none"} for mentions in read]
            name = f"{'real' if is_real else 'dev'}_{language}"
            yield ReadSet(name, is_real, items, engine.readings(texts), cues)


def worth(sets: Sequence[ReadSet], outputs: ThemeOutputs) -> float:
    """What is to be greatest."""
    found = [(each, each.figures(outputs)) for each in sets]
    groups = [result.group_f1 for _, result in found]
    codes = [result.code_f1 for each, result in found if not each.is_real]
    return sum(groups) / len(groups) + sum(codes) / len(codes) / 2


def main() -> None:
    """Try all, print the figures of the best, and with `--write` store it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--model", type=Path, default=HERE)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    path = given.model / "leumund.json"
    row = json.loads(path.read_text(encoding="utf-8"))
    now = ThemeOutputs(**row["themes"] | {"names": tuple(row["themes"]["names"])})
    sets = list(read_sets(Engine.load(given.model), given.corpus))
    tried = [
        replace(now, named_from=share, group_cue=group, code_cue=code)
        for share, group, code in itertools.product(NAMED_FROM, GROUP_CUES, CODE_CUES)
    ]
    best = max(tried, key=lambda outputs: worth(sets, outputs))
    for title, outputs in (("now", now), ("best", best)):
        weights = f"from {outputs.named_from}, cues {outputs.group_cue} and {outputs.code_cue}"
        sys.stdout.write(f"{title}: {weights}, worth {worth(sets, outputs):.3f}\n")
        for each in sets:
            sys.stdout.write(f"  {each.figures(outputs).line()}\n")
    if given.write:
        row["themes"] |= {"named_from": best.named_from, "group_cue": best.group_cue, "code_cue": best.code_cue}
        path.write_text(json.dumps(row, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

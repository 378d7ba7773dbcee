"""Reads what a model learns from and writes it as token ids, for train.py on this machine or another.

    python models/sentiment/prepare.py CORPUS_FOLDER BASE_FOLDER SAMPLES_FILE [--own FOLDER] [--caps FACTOR] [--last]

Takes the sets of mix.toml from the corpus and, with `--own`, our own sentences, the sets that teach themes, and
made-up reviews of several of our own sentences. The caps of mix.toml suit some hours on two cores; a machine with a GPU
has time for more texts: `--caps 100` takes all. `--last` makes the samples of the last stage (last.toml). Needs
transformers, safetensors, duckdb and ftfy; no torch.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mix import read_mix
from sample import write_samples
from samples import encoded, read_starred
from theme_samples import Lesson, joined, read_corpus, read_labelled, read_own, theme_names
from transformers import AutoTokenizer

HERE = Path(__file__).resolve().parent


def chosen_own(folder: Path, names: Sequence[str], mix: Mapping[str, Any]) -> list[Lesson]:
    """Our own sentences as the mix wants them: of the files whose names begin so, `cap` at most, `times` each.

    Of those with `stars = false` only the themes teach. All files, once, where the mix has no table `own`.
    """
    found: list[Lesson] = []
    for start, rule in mix.get("own", {"": {}}).items():
        lessons = read_own(folder, names, f"{start}*.jsonl")
        random.Random(mix["seed"]).shuffle(lessons)  # noqa: S311 - order, no secret
        lessons = lessons[: rule.get("cap")]
        if not rule.get("stars", True):
            lessons = [replace(each, stars=None) for each in lessons]
        found += lessons * rule.get("times", 1)
    return found


def main() -> None:
    """Write the file and say how much of each source is in it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("base", type=Path, help="a folder with the base's tokenizer")
    parser.add_argument("samples", type=Path, help="the file to write")
    parser.add_argument("--own", type=Path, help="a folder of our own sentences to mix in")
    parser.add_argument("--caps", type=float, default=1.0, help="take so many times the caps of mix.toml")
    parser.add_argument("--last", action="store_true", help="for the last stage, as last.toml says")
    parser.add_argument("--limit", type=int, help="this many of the corpus at most, for a trial")
    given = parser.parse_args()
    mix = read_mix(last=given.last)
    for rule in mix["sets"].values():
        rule["cap"] = round(rule["cap"] * mix["caps"] * given.caps)
    names = theme_names(HERE / "themes.toml")
    lessons: list[list[Lesson]] = [[each] for each in read_starred(given.corpus, mix, given.limit)]
    if given.own:
        own = chosen_own(given.own, names, mix)
        about = [*read_labelled(given.corpus, HERE / "labels", names), *read_corpus(given.corpus, mix, names)]
        random.Random(mix["seed"]).shuffle(about)  # noqa: S311 - order, no secret
        lessons += [[each] for each in [*own, *about[: mix["themed"]]]]
        lessons += joined([each for each in own if each.present], mix["joined"], mix["seed"])
    samples = encoded(lessons, names, AutoTokenizer.from_pretrained(str(given.base)), mix["max_length"])
    write_samples(given.samples, samples, names)
    for source, count in Counter(item.source for item in samples).items():
        sys.stdout.write(f"{source}: {count} samples\n")


if __name__ == "__main__":
    main()

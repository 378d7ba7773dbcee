"""Times the shipped sentiment model: one text at a time against sorted batches.

    python bench/score.py [--texts 2000] [--alone 200]

The texts are generated: 3 to 60 words, fixed seed. Tokens count the start and end marks. Prints the machine's load,
since a busy machine halves every figure; the ratio suffers less.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from transformers import AutoTokenizer

from pipeline.scoring.engine import Engine, Text

MODEL = Path(__file__).resolve().parents[1] / "models" / "sentiment"
SENTENCE = """
the staff was friendly but delivery took three weeks and nobody called back about my refund die Lieferung kam zu spät
der Service war freundlich und die Rechnung falsch ich warte noch immer auf eine Antwort great price poor quality
"""


def texts(count: int) -> list[str]:
    """`count` different texts of the lengths of short reviews."""
    words = SENTENCE.split()
    chance = random.Random(7)
    return [" ".join(chance.choices(words, k=chance.randint(3, 60))) for _ in range(count)]


def time_batches(engine: Engine, batches: Sequence[Sequence[str]]) -> float:
    """Seconds to score all batches, one call each."""
    started = time.perf_counter()
    for batch in batches:
        for _ in engine.score(Text(str(at), text, "en") for at, text in enumerate(batch)):
            pass
    return time.perf_counter() - started


def main() -> None:
    """Print texts and tokens a second both ways, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=2_000)
    parser.add_argument("--alone", type=int, default=200)
    given = parser.parse_args()
    sample = texts(given.texts)
    tokenizer = AutoTokenizer.from_pretrained(str(MODEL), local_files_only=True)
    lengths = [len(ids) for ids in tokenizer(sample)["input_ids"]]
    engine = Engine.load(MODEL)
    time_batches(engine, [sample[:8]])
    alone = time_batches(engine, [[text] for text in sample[: given.alone]])
    together = time_batches(engine, [sample])
    single, joint = given.alone / alone, given.texts / together
    load = os.getloadavg()[0]
    sys.stdout.write(
        f"one at a time: {single:.0f} texts/s, {sum(lengths[: given.alone]) / alone:.0f} tokens/s (n {given.alone})\n"
        f"sorted batches: {joint:.0f} texts/s, {sum(lengths) / together:.0f} tokens/s (n {given.texts})\n"
        f"ratio {joint / single:.2f}; load {load:.1f} on {os.cpu_count()} cores\n"
    )


if __name__ == "__main__":
    main()

"""Times the shipped sentiment model side by side with what many write: a transformers pipeline, one text at a time.

    python bench/score.py [--texts 2000] [--corpus FOLDER] [--torch FOLDER] [--alone 200]

Texts come from the labelled corpus at their natural lengths where its folder is given; else they are made up (3 to 60
words, fixed seed). `--torch` is a checkpoint of the same weights in transformers' form (train.py writes one): with
torch installed it is timed one text at a time, which is the 1 that ratios refer to. All ways run in turns, several
times, and the medians count: a busy machine slows them alike. Also printed: seconds from start to the first score, peak
memory, and the share of the machine's measured int8 peak.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from transformers import AutoTokenizer

from pipeline.scoring.engine import Engine, Text
from pipeline.text.clean import clean

MODEL = Path(__file__).resolve().parents[1] / "models" / "sentiment"
SETS = ("trustpilot_pet_en", "jameda_de", "marc", "appstore_rosematcher", "insurance_fr")
ROUNDS = 3
# Multiplications and additions a token: twelve layers of 384 x (3 + 1 + 4 + 4) x 384.
OPERATIONS = 2 * 12 * 12 * 384 * 384
SENTENCE = """
the staff was friendly but delivery took three weeks and nobody called back about my refund die Lieferung kam zu spät
der Service war freundlich und die Rechnung falsch ich warte noch immer auf eine Antwort great price poor quality
"""


def made_up(count: int) -> list[str]:
    """`count` different texts of the lengths of short reviews."""
    words = SENTENCE.split()
    chance = random.Random(7)
    return [" ".join(chance.choices(words, k=chance.randint(3, 60))) for _ in range(count)]


def from_corpus(folder: Path, count: int) -> list[str]:
    """`count` real reviews, the same share of each set."""
    import duckdb

    query = "select text from read_parquet($path) where length(text) > 2 order by md5('bench' || id) limit $count"
    found: list[str] = []
    for name in SETS:
        values = {"path": str(folder / f"{name}.parquet"), "count": count // len(SETS)}
        found += [clean(text) for (text,) in duckdb.execute(query, values).fetchall()]
    return found


def scored(engine: Engine, texts: Sequence[str]) -> int:
    """Score texts as `leumund score` does, themes and escalation included; how many."""
    return sum(1 for _ in engine.score(Text(str(at), text, "en") for at, text in enumerate(texts)))


def seconds(work: Callable[[], object]) -> float:
    """How long `work` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def torch_pipeline(folder: Path) -> Callable[[Sequence[str]], object]:
    """What many write: the pipeline in fp32, one text at a time."""
    from transformers import pipeline

    classify = pipeline("text-classification", model=str(folder), tokenizer=str(folder), top_k=None, truncation=True)
    return lambda texts: [classify(text) for text in texts]


def int8_peak() -> float:
    """The machine's int8 products in operations a second: a large ONNX Runtime MatMulInteger, the best of five."""
    import onnxruntime
    from onnx import TensorProto, helper

    size = 2_048
    shape = [size, size]
    node = helper.make_node("MatMulInteger", ["a", "b"], ["y"])
    graph = helper.make_graph(
        [node],
        "peak",
        [helper.make_tensor_value_info("a", TensorProto.UINT8, shape)],
        [helper.make_tensor_value_info("y", TensorProto.INT32, shape)],
        [helper.make_tensor("b", TensorProto.INT8, shape, np.ones(shape, dtype=np.int8).tobytes(), raw=True)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    given = {"a": np.ones(shape, dtype=np.uint8)}
    session.run(None, given)
    return 2 * float(size) ** 3 / min(seconds(lambda: session.run(None, given)) for _ in range(5))


def main() -> None:
    """Print texts and tokens a second of every way, and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=2_000)
    parser.add_argument("--alone", type=int, default=200, help="how many texts the one-at-a-time ways get")
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--torch", type=Path)
    given = parser.parse_args()
    loaded = time.perf_counter()
    engine = Engine.load(MODEL)
    scored(engine, ["Das war gut."])
    sys.stdout.write(f"start to first score: {time.perf_counter() - loaded:.1f} s\n")
    texts = from_corpus(given.corpus, given.texts) if given.corpus else made_up(given.texts)
    random.Random(3).shuffle(texts)
    few = texts[: given.alone]
    tokenizer = AutoTokenizer.from_pretrained(str(MODEL), local_files_only=True)
    tokens = {len(part): sum(map(len, tokenizer(part)["input_ids"])) for part in (few, texts)}
    ways: dict[str, tuple[Callable[[], object], int]] = {
        "Leumund, one at a time": (lambda: [scored(engine, [text]) for text in few], len(few)),
        "Leumund": (lambda: scored(engine, texts), len(texts)),
    }
    peak_before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    scored(engine, texts)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    if given.torch:
        classify = torch_pipeline(given.torch)
        ways = {"transformers pipeline, one at a time": (lambda: classify(few), len(few)), **ways}
    taken = {name: [seconds(work) for _ in range(ROUNDS)] for name, (work, _) in ways.items()}
    rates = {name: tokens[ways[name][1]] / statistics.median(found) for name, found in taken.items()}
    first = next(iter(rates.values()))
    for name, rate in rates.items():
        mean = tokens[ways[name][1]] / ways[name][1]
        sys.stdout.write(f"{name}: {rate:,.0f} tokens/s, {rate / mean:,.0f} texts/s, ratio {rate / first:.2f}\n")
    share = rates["Leumund"] * OPERATIONS / int8_peak()
    sys.stdout.write(
        f"share of the measured int8 peak {share:.0%}; peak memory {peak:,.0f} MB (before scoring {peak_before:,.0f}); "
        f"mean {tokens[len(texts)] / len(texts):.0f} tokens; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n"
    )


if __name__ == "__main__":
    main()

"""Select, score, load: the steps of `score_reviews`. Inference never holds the warehouse."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path

from pipeline import progress
from pipeline.review import Score, ThemeMention
from pipeline.scoring.engine import Text
from pipeline.settings import Settings
from pipeline.steps import workplace
from pipeline.steps.ingest import folder_name
from pipeline.steps.model import load_engine
from pipeline.warehouse import load, read

SCORING = "scoring"
ABANDONED_S = 3600.0  # a file at work is written to every few seconds


@progress.step
def select_texts(run_id: str) -> list[str]:
    """Paths of parts that hold the texts the current model has not scored, at most `model.part_size` texts each.

    Parts that an earlier, killed run left unscored are dropped: their texts are selected again here.
    """
    settings = workplace.current()
    folder = settings.staged_dir / SCORING
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob("*.texts.jsonl"):
        stale.unlink(missing_ok=True)
    for partial in folder.glob("*.partial"):
        if time.time() - partial.stat().st_mtime > ABANDONED_S:
            partial.unlink(missing_ok=True)
    version = load_engine(settings).model_version
    parts: list[str] = []
    with workplace.warehouse(settings) as con:
        _load_finished(settings, con)
        load.set_current_model(con, version)
        texts = iter(read.unscored_texts(con, version))
        while chunk := list(islice(texts, settings.model.part_size)):
            path = folder / f"{folder_name(run_id)}.{len(parts):05d}.texts.jsonl"
            path.write_text("".join(json.dumps(row) + "\n" for row in chunk), encoding="utf-8")
            parts.append(str(path))
    return parts


@progress.step
def score_part(part: str) -> dict[str, int]:
    """Counts of one part: texts scored and texts abstained from; the scores lie beside it until `load_scores`."""
    settings = workplace.current()
    path = Path(part)
    target = path.with_name(path.name.replace(".texts.", ".scores."))
    if not path.exists():  # scored already, or selected anew by a run beside this one
        return {"scored": 0, "abstained": 0}
    engine = load_engine(settings)
    texts = [Text(*json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
    counts = {"scored": 0, "abstained": 0}
    partial = target.with_suffix(".partial")
    with partial.open("w", encoding="utf-8") as file:
        for score in engine.score(texts, progress=lambda done: progress.report("score", done, len(texts))):
            counts["abstained" if score.abstained else "scored"] += 1
            file.write(json.dumps(asdict(score)) + "\n")
    partial.replace(target)
    path.unlink(missing_ok=True)
    return counts


@progress.step
def load_scores() -> dict[str, int]:
    """How many scores were new to the warehouse."""
    settings = workplace.current()
    with workplace.warehouse(settings) as con:
        return {"loaded": _load_finished(settings, con)}


def _load_finished(settings: Settings, con: workplace.Connection) -> int:
    loaded = 0
    for path in sorted((settings.staged_dir / SCORING).glob("*.scores.jsonl")):
        loaded += load.load_scores(con, _read_scores(path))
        path.unlink()
    return loaded


def _read_scores(path: Path) -> Iterator[Score]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            row["themes"] = tuple(ThemeMention(**mention) for mention in row["themes"])
            row["escalation"] = tuple(row["escalation"])
            yield Score(**row)

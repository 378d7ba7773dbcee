"""Select, score, load: the steps of `score_reviews`. Inference never holds the warehouse."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import cast

from pipeline import progress
from pipeline.review import BillingMention, Label, Score, ThemeMention
from pipeline.scoring.engine import Engine, Text
from pipeline.scoring.escalation import Opinion
from pipeline.settings import Settings
from pipeline.steps import workplace
from pipeline.steps.ingest import folder_name
from pipeline.steps.model import describe, load_engine, serving_engine
from pipeline.warehouse import load, models, read

SCORING = "scoring"
ABANDONED_S = 3600.0  # a file at work is written to every few seconds
_RULES_CHUNK = 20_000


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
    parts: list[str] = []
    with workplace.warehouse(settings) as con:
        described = models.chosen_settings(con) or describe(settings.model)
        version = serving_engine(settings, con).model_version
        _load_finished(settings, con)
        models.note(con, version, described)
        if models.current_version(con) is None:
            models.make_current(con, version, workplace.now())
        texts = iter(read.unscored_texts(con, version))
        while chunk := list(islice(texts, settings.model.part_size)):
            path = folder / f"{folder_name(run_id)}.{len(parts):05d}.texts.jsonl"
            # Every worker scores with the model of the selection, whatever is switched meanwhile.
            lines = [described, *(json.dumps(row) for row in chunk)]
            path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
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
    described, *lines = path.read_text(encoding="utf-8").splitlines()
    engine = load_engine(settings, described)
    texts = [Text(*json.loads(line)) for line in lines]
    counts = {"scored": 0, "abstained": 0}
    partial = target.with_suffix(".partial")
    with partial.open("w", encoding="utf-8") as file:
        for score in engine.score(texts, progress=lambda done: progress.report("score", done, len(texts))):
            counts["abstained" if score.abstained else "scored"] += 1
            file.write(json.dumps(asdict(score), default=str) + "\n")
    partial.replace(target)
    path.unlink(missing_ok=True)
    return counts


@progress.step
def load_scores() -> dict[str, int]:
    """How many scores were new to the warehouse, and how many older ones new rules have read again.

    Where the settings name another model than the one that counts, its scores wait beside until it has scored every
    text; then it takes over all at once (`switched` 1), so that no figure is ever half of one and half of the other.
    """
    settings = workplace.current()
    with workplace.warehouse(settings) as con:
        counts = {"loaded": _load_finished(settings, con)}
        engine = serving_engine(settings, con)
        counts["read_again"] = _read_again(con, engine)
        version = engine.model_version
        if models.current_version(con) != version and not models.missing_texts(con, version):
            models.note(con, version, describe(settings.model))
            models.make_current(con, version, workplace.now(), reason="named by the settings")
            counts["switched"] = 1
        return counts


def _read_again(con: workplace.Connection, engine: Engine) -> int:
    """Apply the rules to texts that older rules have read. Some 10,000 a second: the warehouse may be held for it."""
    texts = read.outdated_texts(con, engine.model_version, engine.rules.version)
    done = 0
    while chunk := list(islice(texts, _RULES_CHUNK)):
        done += load.refresh_rules(con, (_reread(text, engine) for text in chunk))
        progress.report("rules", done)
    return done


def _reread(item: read.JudgedText, engine: Engine) -> Score:
    label = cast("Label", item.label)
    opinion = Opinion(label, item.p_neg or 0.0, item.confidence or 0.0)
    found = engine.rules.read(item.text, item.language, item.polarity or 0.0, opinion)
    # Themes that the model read are its own; new rules leave them.
    themes = found.themes
    if engine.reads_themes and item.themes:
        themes = tuple(ThemeMention(*mention.values()) for mention in item.themes)
    return Score(
        item.text_hash,
        engine.model_version,
        item.language,
        label,
        None,
        item.polarity,
        item.p_neg,
        None,
        None,
        None,
        item.confidence,
        None,
        themes,
        found.escalation,
        found.billing,
        engine.rules.version,
    )


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
            row["billing"] = tuple(
                BillingMention(
                    **mention | {"amount": None if mention["amount"] is None else Decimal(mention["amount"])}
                )
                for mention in row.get("billing", ())
            )
            yield Score(**row)

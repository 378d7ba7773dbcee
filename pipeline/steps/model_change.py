"""Another model beside the one that counts: score with it, compare, switch, go back."""

from __future__ import annotations

from itertools import islice

from pipeline import progress
from pipeline.errors import ModelError, UsageError
from pipeline.scoring.engine import Engine, Text
from pipeline.settings import Settings
from pipeline.steps import workplace
from pipeline.steps.model import candidate, describe, load_engine
from pipeline.warehouse import load, model_compare, models, read
from pipeline.warehouse.model_compare import Comparison
from pipeline.warehouse.models import ModelVersion

PART = 2_000


def list_versions() -> tuple[list[ModelVersion], str | None]:
    """What the warehouse knows, the current version first, and the version of the settings (None: it does not load)."""
    settings = workplace.current()
    with workplace.warehouse(settings) as con:
        known = models.versions(con)
    try:
        return known, load_engine(settings).model_version
    except ModelError:
        return known, None


def score_beside(name: str, limit: int | None = None) -> tuple[str, int, int]:
    """Score the texts at hand with another model: its version, how many it scored now, and how many are left.

    `name` is a folder of our form, a hub folder or a hub id; labels and languages of a hub model come from [model].
    Every part is stored when done, so a killed run goes on where it was. No figure moves.

    Raises:
        ModelError: the model cannot be loaded.
    """
    settings = workplace.current()
    described = describe(candidate(name, settings.model))
    engine = load_engine(settings, described)
    version = engine.model_version
    with workplace.warehouse(settings) as con:
        models.note(con, version, described)
        total = models.missing_texts(con, version)
    wanted = total if limit is None else min(limit, total)
    done = 0
    while done < wanted:
        scored = _score_part(settings, engine, min(PART, wanted - done), (done, wanted))
        if not scored:
            break
        done += scored
    return version, done, total - done


def _score_part(settings: Settings, engine: Engine, size: int, place: tuple[int, int]) -> int:
    done, wanted = place
    with workplace.warehouse(settings) as con:
        rows = list(islice(read.unscored_texts(con, engine.model_version), size))
    # The warehouse is free for others while the model works.
    texts = [Text(*row) for row in rows]
    scores = list(engine.score(texts, progress=lambda at: progress.report("score", done + at, wanted)))
    with workplace.warehouse(settings) as con:
        load.load_scores(con, scores)
    return len(rows)


def compare_versions(a: str | None, b: str) -> tuple[ModelVersion, ModelVersion, Comparison]:
    """How version `b` reads what `a` has read; `a` is the current version where it is None.

    Raises:
        UsageError: the warehouse does not know one of them, or they have no text in common.
    """
    with workplace.warehouse(workplace.current()) as con:
        one = models.find(con, a or models.current_version(con) or "none")
        other = models.find(con, b)
        found = model_compare.compare(con, one.version, other.version)
    if not found.reviews:
        raise UsageError(
            f"{one.version} and {other.version} have scored no text in common",
            where="leumund model compare",
            remedy="leumund model score FOLDER lets a model score beside",
        )
    return one, other, found


def switch_to(version: str, *, is_partial: bool = False, reason: str | None = None) -> None:
    """Make a version's scores count, at once and for the whole history.

    Runs score with it from now on, whatever the settings name, unless it is theirs.

    Raises:
        UsageError: it is not known, counts already, has not scored every text (unless `is_partial`), or nobody noted
            how it is loaded.
    """
    settings = workplace.current()
    where = "leumund model switch"
    with workplace.warehouse(settings) as con:
        wanted = models.find(con, version)
        if wanted.is_current:
            raise UsageError(f"{version} counts already", where=where, remedy="leumund model list shows all")
        if wanted.loaded_from is None:
            raise UsageError(f"nobody noted how {version} is loaded", where=where, remedy="leumund model score FOLDER")
        if wanted.missing and not is_partial:
            raise UsageError(
                f"{version} has not scored {wanted.missing:,} texts; the figures would be of two models",
                where=where,
                remedy="leumund model score lets it score them; --partial switches all the same",
            )
        is_chosen = wanted.loaded_from != describe(settings.model)
        models.make_current(con, version, workplace.now(), is_chosen=is_chosen, reason=reason)


def switch_back(reason: str | None = None) -> str:
    """Make the version that the current one replaced count again; its name.

    What came since, it has not scored: the next run does, and until then the newer version's scores stand in.

    Raises:
        UsageError: the current version replaced none.
    """
    with workplace.warehouse(workplace.current()) as con:
        version = models.version_before(con)
    if version is None:
        raise UsageError(
            "no other version has counted", where="leumund model switch --back", remedy="leumund model list shows all"
        )
    switch_to(version, is_partial=True, reason=reason or "back")
    return version


def follow_settings() -> str:
    """Let the settings decide again which model scores; the version that they name.

    It takes over at the end of the next scoring run, when it has scored every text.
    """
    settings = workplace.current()
    named = load_engine(settings).model_version
    with workplace.warehouse(settings) as con:
        current = models.current_version(con)
        if current is not None:
            models.make_current(con, current, workplace.now())
    return named

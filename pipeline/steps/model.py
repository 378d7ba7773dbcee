"""The model that scores: the one of the settings, or the one that `leumund model switch` chose."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from pipeline.errors import ModelError
from pipeline.scoring.engine import Engine
from pipeline.scoring.hub import HubEngine, HubModel
from pipeline.settings import ModelSettings, Settings, resource_dir
from pipeline.warehouse import models
from pipeline.warehouse.connection import Connection

TO_SETTINGS = "leumund model switch --settings goes back to the model that the settings name"


def load_engine(settings: Settings, described: str | None = None) -> Engine:
    """The engine of `[model]`, or of such settings as JSON in `described`; one a process for the same settings.

    Raises:
        ModelError: it is missing, damaged or does not fit.
    """
    return _loaded(described or describe(settings.model), settings.model.threads)


def describe(model: ModelSettings) -> str:
    """What loads a model, as the warehouse keeps it: JSON, its folder an absolute path."""
    folder = model.directory.resolve() if model.directory else None
    kept = model.model_copy(update={"directory": folder, "threads": None, "part_size": ModelSettings().part_size})
    return kept.model_dump_json(exclude_defaults=True)


def serving_engine(settings: Settings, con: Connection) -> Engine:
    """The engine whose scores new texts get: the chosen version's, else that of the settings.

    Raises:
        ModelError: it cannot be loaded, or what is found is not the version that was chosen.
    """
    described = models.chosen_settings(con)
    engine = load_engine(settings, described)
    if described is not None and engine.model_version != (current := models.current_version(con)):
        raise ModelError(
            f"the chosen version {current} is not there, but {engine.model_version}",
            where=described,
            remedy=TO_SETTINGS,
        )
    return engine


def candidate(name: str, base: ModelSettings) -> ModelSettings:
    """The settings of a model named on the command line: a folder of our form, a hub folder, or a hub id."""
    folder = Path(name)
    if (folder / "leumund.json").is_file():
        return ModelSettings(directory=folder)
    if folder.is_dir() and not (folder / "config.json").is_file():
        raise ModelError("no model in this folder", where=name, remedy="It needs leumund.json, or config.json of a hub")
    return base.model_copy(update={"directory": None, "hub": str(folder.resolve()) if folder.is_dir() else name})


@lru_cache(maxsize=2)
def _loaded(described: str, threads: int | None) -> Engine:
    try:
        chosen = ModelSettings.model_validate_json(described)
    except ValidationError as error:
        raise ModelError("what loads it cannot be read", where=described, remedy=TO_SETTINGS) from error
    shipped = resource_dir("models") / "sentiment"
    if chosen.hub is None:
        return Engine.load(chosen.directory or shipped, threads=threads)
    hub = HubModel(chosen.hub, chosen.revision, chosen.labels, frozenset(chosen.languages))
    return HubEngine.load_hub(hub, shipped, threads=threads)

"""The model that the settings name, ready to score."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pipeline.scoring.engine import Engine
from pipeline.scoring.hub import HubEngine, HubModel
from pipeline.settings import ModelSettings, Settings, resource_dir


def load_engine(settings: Settings) -> Engine:
    """The engine of `[model]`; one a process for the same settings, since its start costs a second.

    Raises:
        ModelError: it is missing, damaged or does not fit.
    """
    return _loaded(settings.model.model_dump_json(), settings.model_dir)


@lru_cache(maxsize=1)
def _loaded(described: str, model_dir: Path) -> Engine:
    chosen = ModelSettings.model_validate_json(described)
    if chosen.hub is None:
        return Engine.load(model_dir, threads=chosen.threads)
    hub = HubModel(chosen.hub, chosen.revision, chosen.labels, frozenset(chosen.languages))
    return HubEngine.load_hub(hub, resource_dir("models") / "sentiment", threads=chosen.threads)

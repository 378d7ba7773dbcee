"""Airflow reads its environment when it is first imported, so this must come before any test imports it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import airflow_run
from pipeline import settings as settings_room


@pytest.fixture(scope="session")
def airflow_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A fresh Airflow with its own database and our pool."""
    home = tmp_path_factory.mktemp("airflow")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEUMUND_HOME", str(home))
        for name in ("AIRFLOW_HOME", "LEUMUND_CONFIG"):
            patch.delenv(name, raising=False)
        airflow_run.prepare(settings_room.load(), None)
        yield home


@pytest.fixture(scope="session")
def dagbag(airflow_home: Path):  # type: ignore[no-untyped-def]
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(str(settings_room.resource_dir("dags")))

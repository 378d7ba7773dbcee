"""Where a step says how far it is, what it did and what went wrong; the command line listens.

Under `dag.test` the tasks run in the process of the command, so one journal serves both. Under a scheduler nobody
listens and everything goes to the task's log.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import ParamSpec, TypeVar

from pipeline.errors import PipelineError

log = logging.getLogger(__name__)

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
Listener = Callable[[str, int, int | None], None]


@dataclass
class Journal:
    """What the steps of one run returned, by step, and the errors that ended some of them."""

    listener: Listener | None = None
    results: dict[str, list[object]] = field(default_factory=dict)
    faults: list[tuple[str, PipelineError]] = field(default_factory=list)


_open: list[Journal] = []


@contextmanager
def journal(listener: Listener | None = None) -> Iterator[Journal]:
    """Collect what the steps inside the block report."""
    _open.append(Journal(listener))
    try:
        yield _open[-1]
    finally:
        _open.pop()


def report(stage: str, done: int, total: int | None = None) -> None:
    """Say that `done` of `total` units of `stage` are finished."""
    if _open and _open[-1].listener is not None:
        _open[-1].listener(stage, done, total)
    else:
        log.info("%s: %d of %s", stage, done, "?" if total is None else total)


def step(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Write down what a step returned, or the one line that says why it failed."""

    @wraps(function)
    def told(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        name = function.__name__
        try:
            result = function(*args, **kwargs)
        except PipelineError as error:
            log.error("%s: %s", name, error)
            _note_fault(name, error)
            raise
        except Exception as error:
            _note_fault(name, PipelineError(f"{type(error).__name__}: {error}", where=name, remedy="This is our fault"))
            raise
        if _open:
            _open[-1].results.setdefault(name, []).append(result)
        return result

    return told


def _note_fault(name: str, error: PipelineError) -> None:
    if _open:
        _open[-1].faults.append((name, error))

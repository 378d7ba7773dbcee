"""The one tree of errors, and the exit code each of them ends a command with.

PipelineError            1  a fault of ours
├── UsageError           2  the command or a setting is wrong
├── BadInput             3  a file or payload is not what it should be
│   └── PageChanged      3  a page no longer has the layout its parser knows
├── SourceError          5  a source could not be read completely
│   ├── SourceBlocked    4  permission record, robots.txt or policy refuse the fetch
│   ├── SourceUnreachable 5  no answer, or a wrong one, after the allowed retries
│   └── SourceCut        5  it has more pages than were read
├── ModelError           1  the model is missing, damaged or does not fit
└── WarehouseError       1  the warehouse is missing, locked or fails a check

Every message is one line and says what, where and what to do.
"""

from __future__ import annotations


class PipelineError(Exception):
    """A fault with a subject and a remedy; `str()` gives one line for a person."""

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        text = f"{where}: {what}" if where else what
        super().__init__(f"{text}. {remedy}" if remedy else text)


class UsageError(PipelineError):
    """A command, option or setting that cannot be carried out as given."""

    exit_code = 2


class BadInput(PipelineError):
    """A file or payload that is not what it should be."""

    exit_code = 3


class PageChanged(BadInput):
    """A fetched page that no longer has the layout its parser knows."""


class SourceError(PipelineError):
    """A source that could not be read completely."""

    exit_code = 5


class SourceBlocked(SourceError):
    """A fetch refused by a missing permission record, robots.txt or our own policy."""

    exit_code = 4


class SourceUnreachable(SourceError):
    """A source that did not answer, or answered wrongly, after the allowed retries."""


class SourceCut(SourceError):
    """A source that has more pages than were read: a bound of ours, or a site that repeats itself."""


class ModelError(PipelineError):
    """A model that is missing, damaged or does not fit its settings."""


class WarehouseError(PipelineError):
    """A warehouse that is missing, locked, or fails one of its checks."""

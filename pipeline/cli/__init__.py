"""The command `leumund`: a stable contract of words, options and exit codes (docs/commands.md)."""

from pipeline.cli.app import main

__all__ = ["main"]

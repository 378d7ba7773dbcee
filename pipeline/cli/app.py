"""The top of the command tree, and the one place where an error becomes an exit code."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli import alerts, daily, labels, look, model, sources, tables
from pipeline.cli.console import err
from pipeline.errors import PipelineError

app = typer.Typer(
    name="leumund",
    help="Collects public reviews, scores them, and says how your reputation stands.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(version("leumund"))
        raise typer.Exit


@app.callback()
def _options(
    config: Annotated[
        Path | None, typer.Option("--config", help="Settings file; default ./leumund.toml or $LEUMUND_CONFIG.")
    ] = None,
    _: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    if config is not None:
        os.environ["LEUMUND_CONFIG"] = str(config)


app.command("demo")(daily.demo)
app.command("init")(daily.init)
app.command("up")(daily.up)
app.command("run")(daily.run)
app.command("import")(tables.import_)
app.command("parse")(tables.parse)
app.command("score")(tables.score)
# A query may begin with a comment, which is no option.
app.command("sql", context_settings={"ignore_unknown_options": True})(tables.sql)
app.command("report")(look.report)
app.command("doctor")(look.doctor)
app.command("erase")(sources.erase)
app.command("reparse")(sources.reparse)
app.add_typer(alerts.app, name="alerts")
app.add_typer(labels.app, name="label")
app.add_typer(model.app, name="model")
app.add_typer(sources.app, name="source")


def main() -> None:
    """Run the command line; ends the process with a code of the contract."""
    try:
        app()
    except PipelineError as error:
        err.print(f"leumund: {error}", style="red", markup=False)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        err.print("leumund: stopped; what was done is kept, run it again to go on", style="yellow")
        sys.exit(130)

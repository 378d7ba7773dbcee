"""`import`, `parse`, `score`, `sql`: the commands that take or give files and rows."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from pipeline import settings as settings_room
from pipeline.cli.console import Ticker, err, out
from pipeline.errors import BadInput, UsageError


def import_(
    file: Annotated[Path, typer.Argument(help="CSV, XLSX, JSON or Parquet.")],
    source: Annotated[str, typer.Option(help="Name of the site the reviews come from.")],
    entity: Annotated[str | None, typer.Option(help="What is reviewed, where the file has no column for it.")] = None,
    location: Annotated[str | None, typer.Option(help="Branch or storefront, likewise.")] = None,
    mapping: Annotated[list[str] | None, typer.Option("--map", help="field=column; may be repeated.")] = None,
    layout: Annotated[str, typer.Option(help="generic, play_console, app_store_connect, skytrax, ...")] = "generic",
    load_only: Annotated[bool, typer.Option(help="Load without scoring and marts.")] = False,
) -> None:
    """Bring a file of reviews into the warehouse. Imported history never alerts; the same file twice adds nothing."""
    from pipeline import airflow_run, progress
    from pipeline.cli.daily import raise_first_fault
    from pipeline.steps.file_import import ImportRequest, import_file

    settings = settings_room.load()
    request = ImportRequest(file, source, entity, location, layout, _pairs(mapping or [], "--map", "rating=Sterne"))
    with Ticker() as ticker, progress.journal(ticker.listen):
        counts = import_file(request)
    out.print(
        f"{counts.rows:,} rows: {counts.new:,} new, {counts.edited:,} edited, {counts.unchanged:,} known, "
        f"{counts.set_aside:,} set aside" + (f" (see {counts.set_aside_path})" if counts.set_aside_path else "")
    )
    if load_only:
        return
    airflow_run.prepare(settings, settings_room.config_path())
    outcomes = []
    with Ticker() as ticker:
        for dag_id in airflow_run.AFTER_IMPORT:
            ticker.say(f"  {dag_id}")
            outcomes.append(airflow_run.run_dag(settings, dag_id, None, ticker.listen))
    raise_first_fault(outcomes)
    if counts.rows and counts.set_aside == counts.rows:
        raise BadInput("every row was set aside", where=str(file), remedy=f"Read {counts.set_aside_path}")


def _pairs(texts: list[str], flag: str, example: str) -> dict[str, str]:
    pairs = dict(text.split("=", 1) for text in texts if "=" in text)
    if len(pairs) != len(texts):
        raise UsageError(f"{flag} wants name=value, got {texts}", remedy=f"For example {flag} {example}")
    return pairs


def _options_of(name: str | None) -> dict[str, str]:
    """The options of a subscription; none where none is named."""
    if name is None:
        return {}
    known = {each.name: each for each in settings_room.load().subscription}
    if name not in known:
        raise UsageError(f"no subscription {name!r}", remedy=f"Known: {', '.join(known) or 'none'}")
    return dict(known[name].options)


def parse(
    source: Annotated[str, typer.Argument(help="Source name, such as web_page or steam.")],
    file: Annotated[Path, typer.Argument(help="One saved payload.")],
    url: Annotated[str | None, typer.Option(help="The address it came from.")] = None,
    layout: Annotated[str | None, typer.Option(help="Layout of a file source.")] = None,
    option: Annotated[
        list[str] | None, typer.Option(help="name=value, as in a subscription's options; may be repeated.")
    ] = None,
    subscription: Annotated[str | None, typer.Option(help="Take the options of this subscription.")] = None,
) -> None:
    """One saved payload to JSON lines on stdout, unmasked, in its order; for checking a site's layout."""
    from pipeline.steps.parse_payload import parse_payload

    options = _options_of(subscription) | _pairs(option or [], "--option", "select_review=.review")
    count = 0
    for row in parse_payload(source, file, url=url, layout=layout, options=options):
        sys.stdout.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")
        count += 1
    if not count:
        err.print(f"leumund: {file}: holds no review", markup=False)


def score(
    file: Annotated[Path, typer.Argument(help="CSV, JSONL or Parquet.")],
    to: Annotated[Path, typer.Option("--out", help="Where to write; the ending gives the format.")],
    text_column: Annotated[str, typer.Option(help="The column that holds the text.")] = "text",
) -> None:
    """Score any table: all its rows and columns in their order, and the lm_ columns beside them."""
    from pipeline import progress
    from pipeline.steps.score_table import score_table

    with Ticker() as ticker, progress.journal(ticker.listen):
        counts = score_table(file, to, text_column)
    out.print(f"{counts.rows:,} rows, {counts.scored:,} scored, {counts.abstained:,} left unscored -> {to}")


def sql(
    query: Annotated[str, typer.Argument(help="A select on mart.v_...")],
    format: Annotated[Literal["table", "csv", "json", "parquet"], typer.Option(help="How to print.")] = "table",
    to: Annotated[Path | None, typer.Option("--out", help="A file instead of stdout; needed for parquet.")] = None,
    limit: Annotated[int, typer.Option(help="Rows shown at most in a table.")] = 200,
) -> None:
    """Ask the published files, read-only; safe while a run writes."""
    from pipeline.cli.rows import write_rows
    from pipeline.warehouse import query as query_room

    settings = settings_room.load()
    result = query_room.run_sql(settings.published_dir, query)
    write_rows(result, format, to, limit)

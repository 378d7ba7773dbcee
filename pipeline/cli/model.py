"""`leumund model ...`: which model scores, another one beside it, how they differ, and the switch between them."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline import settings as settings_room
from pipeline.cli.console import Ticker, out
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from pipeline.warehouse.model_compare import AgainstStars, Part
    from pipeline.warehouse.models import ModelVersion

app = typer.Typer(help="The model that scores, and how to change it.", no_args_is_help=True)
LABELS = ("negative", "neutral", "positive", "unscored")


@app.command("list")
def list_models(as_json: Annotated[bool, typer.Option("--json", help="A JSON list on stdout.")] = False) -> None:
    """Every model version the warehouse knows: which one counts, how many texts each has scored, who named it."""
    from pipeline.cli.rows import as_table
    from pipeline.steps.model_change import list_versions

    versions, named = list_versions()
    if as_json:
        json.dump([asdict(each) for each in versions], sys.stdout, default=str, indent=1)
        sys.stdout.write("\n")
        return
    rows = [
        (
            each.version,
            "counts" if each.is_current else "",
            _since(each),
            each.scored,
            each.abstained,
            each.missing,
            "switch" if each.is_chosen else "settings" if each.version == named else "",
        )
        for each in versions
    ]
    out.print(as_table(["version", "", "counts since", "scored", "abstained", "missing", "named by"], rows))
    current = next((each for each in versions if each.is_current), None)
    if named is None:
        out.print("The model that the settings name cannot be loaded: leumund doctor says why.")
    elif current and current.version != named:
        waits = "a switch holds them off" if current.is_chosen else "it takes over when it has scored every text"
        out.print(f"The settings name {named}: {waits}.", markup=False)


def _since(each: ModelVersion) -> str:
    # Before these records began, nobody noted when.
    known = each.current_since is not None and each.current_since.year > 1970
    return f"{each.current_since:%Y-%m-%d %H:%M} UTC" if known else "-"


@app.command("score")
def score(
    model: Annotated[str, typer.Argument(help="A model folder, or a hub id with the extra [torch].")],
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many texts now.")] = None,
) -> None:
    """Let another model score the texts beside the one that counts; no figure moves. Goes on where it was stopped."""
    from pipeline import progress
    from pipeline.steps.model_change import score_beside

    with Ticker() as ticker, progress.journal(ticker.listen):
        version, done, left = score_beside(model, limit)
    out.print(f"{version}: {done:,} texts scored, {left:,} left", markup=False)
    out.print(f"Next: leumund model compare {version}", markup=False)


@app.command("compare")
def compare(
    version: Annotated[str, typer.Argument(help="From `leumund model list`.")],
    to: Annotated[str | None, typer.Option(help="The version to compare it with; default the one that counts.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """How two versions differ on the texts both have scored: labels, negatives by language and source, stars."""
    from pipeline.cli.rows import as_table
    from pipeline.steps.model_change import compare_versions

    a, b, found = compare_versions(to, version)
    if as_json:
        table = [{"a": one, "b": other, "n": n} for (one, other), n in found.table.items()]
        plain = asdict(found) | {"table": table}
        json.dump({"a": a.version, "b": b.version} | plain, sys.stdout, indent=1)
        sys.stdout.write("\n")
        return
    out.print(f"A = {a.version}, B = {b.version}: {found.reviews:,} reviews, {found.texts:,} texts", markup=False)
    out.print(f"same label     {_share(found.same_label, found.reviews)}", markup=False)
    out.print(f"unscored       A {found.abstained_a:,}, B {found.abstained_b:,}")
    if found.shift is not None:
        out.print(f"polarity       B less A {found.shift:+.3f} on average, correlation {found.correlation or 0:.3f}")
    out.print(_against_stars(found.stars), markup=False)
    rows = [(f"A {one}", *(found.table.get((one, other), 0) for other in LABELS)) for one in LABELS]
    out.print(as_table(["labels", *(f"B {name}" for name in LABELS)], rows))
    heads = ("reviews", "negative A", "negative B", "to negative", "from negative")
    for title, parts in (("language", found.languages), ("source", found.sources)):
        out.print(as_table([title, *heads], _rows(parts)))
    if found.moved:
        out.print("Moved most in the last eight weeks:")
        out.print(as_table(["entity", *heads[:3]], [row[:4] for row in _rows(found.moved)]))
    if b.missing and not b.is_current:
        out.print(f"{b.version} has still to score {b.missing:,} texts before it can be switched to.", markup=False)


@app.command("switch")
def switch(
    version: Annotated[str | None, typer.Argument(help="From `leumund model list`.")] = None,
    back: Annotated[bool, typer.Option("--back", help="To the version that counted before.")] = False,
    to_settings: Annotated[bool, typer.Option("--settings", help="Let the settings decide again.")] = False,
    partial: Annotated[bool, typer.Option("--partial", help="Though it has not scored every text.")] = False,
    reason: Annotated[str | None, typer.Option(help="Why; kept with the switch.")] = None,
) -> None:
    """Make a version's scores count, for the whole history at once; nothing alarms for it. `--back` undoes it."""
    from pipeline import airflow_run
    from pipeline.cli.daily import raise_first_fault
    from pipeline.steps import model_change

    if sum((version is not None, back, to_settings)) != 1:
        raise UsageError("which one?", where="leumund model switch", remedy="Give a version, or --back, or --settings")
    if to_settings:
        out.print(f"The settings decide: {model_change.follow_settings()}", markup=False)
        return
    if version is None:
        version = model_change.switch_back(reason)
    else:
        model_change.switch_to(version, is_partial=partial, reason=reason)
    settings = settings_room.load()
    airflow_run.prepare(settings, settings_room.config_path())
    with Ticker() as ticker:
        ticker.say("  publish_marts")
        raise_first_fault([airflow_run.run_dag(settings, "publish_marts", None, ticker.listen)])
    out.print(f"{version} counts now; `leumund model switch --back` undoes it.", markup=False)


def _share(hits: int, n: int) -> str:
    from pipeline.reputation.statistics import wilson

    interval = wilson(hits, n)
    return f"{hits / n:.3f} [{interval.low:.3f}, {interval.high:.3f}] (n {n:,})"


def _against_stars(found: AgainstStars) -> str:
    from scipy.stats import binomtest

    if not found.n:
        return "against stars  no reviews of 1-2 or 4-5 stars that both have scored"
    odd = found.only_a + found.only_b
    p = float(binomtest(found.only_b, odd).pvalue) if odd else 1.0
    return (
        f"against stars  A {_share(found.right_a, found.n)}, B {_share(found.right_b, found.n)}; "
        f"only A right {found.only_a:,}, only B right {found.only_b:,}, p {p:.2g} (sign test)"
    )


def _rows(parts: Sequence[Part]) -> list[tuple[object, ...]]:
    return [
        (
            each.name,
            each.n,
            f"{each.negative_a:,} ({each.negative_a / each.n:.1%})",
            f"{each.negative_b:,} ({each.negative_b / each.n:.1%})",
            each.gained,
            each.lost,
        )
        for each in parts
    ]

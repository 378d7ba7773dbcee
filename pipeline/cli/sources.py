"""`leumund source ...`, `reparse`, `erase`: what is collected, read again, forgotten."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from pipeline import settings as settings_room
from pipeline.cli.console import err, out
from pipeline.errors import UsageError
from pipeline.settings import CONFIG_NAME, SubscriptionSettings

app = typer.Typer(help="Subscriptions: what is collected, and by whose permission.", no_args_is_help=True)


@app.command("list")
def list_sources() -> None:
    """The subscriptions of the settings and the names of all sources."""
    from pipeline import sources
    from pipeline.cli.rows import as_table

    settings = settings_room.load()
    rows = [
        (
            each.name,
            each.source,
            each.entity,
            each.location,
            each.permission.basis if each.permission else "NONE: refused",
        )
        for each in settings.subscription
    ]
    out.print(as_table(["name", "source", "entity", "location", "permission"], rows))
    out.print(f"Sources: {', '.join(sources.names())}")


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="A short name of your own.")],
    source: Annotated[str, typer.Option(prompt="Source (web_page, steam, feed, file)")],
    entity: Annotated[str, typer.Option(prompt="Entity (what is reviewed)")],
    url: Annotated[str, typer.Option(prompt="Address")],
    basis: Annotated[str, typer.Option(prompt="Why may it be fetched (own site, contract, public API terms ...)")],
    granted_by: Annotated[str, typer.Option(prompt="Who decided that")],
    location: Annotated[str, typer.Option(help="Branch or storefront.")] = "",
) -> None:
    """Add a subscription with its permission record to the settings file."""
    from pipeline import sources

    sources.get(source)
    path = settings_room.config_path()
    if path is None:
        raise UsageError("no settings file", where=CONFIG_NAME, remedy="Run `leumund init` first")
    if any(each.name == name for each in settings_room.load().subscription):
        raise UsageError(f"there is a subscription {name!r}", where=str(path), remedy="Choose another name")
    SubscriptionSettings(name=name, source=source, entity=entity)
    lines = [
        "",
        "[[subscription]]",
        *(
            _pair(key, value)
            for key, value in [
                ("name", name),
                ("source", source),
                ("entity", entity),
                ("url", url),
                ("location", location),
            ]
            if value
        ),
    ]
    lines += ["[subscription.permission]", _pair("basis", basis), _pair("granted_by", granted_by)]
    lines += [f"granted_on = {datetime.now(UTC).date().isoformat()}", ""]
    with path.open("a", encoding="utf-8") as file:
        file.write("\n".join(lines))
    out.print(f"Added {name} to {path}. Next: leumund source check {name}", markup=False)


def _pair(key: str, value: str) -> str:
    return f"{key} = {json.dumps(value, ensure_ascii=False)}"  # a JSON string is a TOML basic string


@app.command("check")
def check(name: Annotated[str, typer.Argument(help="A subscription of the settings.")]) -> None:
    """Permission, robots.txt and one polite request: what would be collected. Loads nothing."""
    from pipeline.steps.source_check import check_source

    result = check_source(name)
    out.print(f"{name}: {result.pages} page(s), {result.reviews} reviews on it", markup=False)
    if result.reviews:
        out.print(
            f"  newest {result.newest or 'undated'}, {result.with_text} with text, {result.with_stars} with stars"
        )
    for note in result.notes:
        out.print(f"  note: {note}", markup=False)


@app.command("remove")
def remove(
    name: Annotated[str, typer.Argument(help="A subscription of the settings.")],
    keep_history: Annotated[bool, typer.Option("--keep-history/--erase-history", prompt="Keep what it collected?")],
) -> None:
    """Take a subscription out of the settings; its history is kept or erased as you say."""
    from pipeline.steps.source_check import remove_source

    erased = remove_source(name, keep_history)
    out.print(f"Removed {name}; " + ("its history stays" if keep_history else f"{erased} reviews erased"))


def reparse() -> None:
    """Parse again the pages that were set aside, after their parser was mended; loads what they hold."""
    from pipeline.steps.source_check import reparse_pages

    counts = reparse_pages()
    out.print(f"{counts['pages']} pages: {counts['mended']} mended, {counts['still']} still set aside")
    out.print(f"{counts['reviews']} reviews loaded")


def erase(
    review: Annotated[str | None, typer.Option(help="A review key.")] = None,
    author: Annotated[str | None, typer.Option(help="An author key.")] = None,
    url: Annotated[str | None, typer.Option(help="A review's address.")] = None,
) -> None:
    """Forget a review or an author in every layer, with a receipt; a later fetch does not bring it back."""
    from pipeline.steps.erase import erase_reviews

    if sum(value is not None for value in (review, author, url)) != 1:
        raise UsageError("erase wants one of --review, --author, --url")
    receipt = erase_reviews(review_key=review, author_key=author, url=url)
    out.print(json.dumps(receipt, indent=1, default=str))
    if not receipt["reviews"]:
        err.print("leumund: nothing matched; nothing was erased")

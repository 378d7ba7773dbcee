"""`leumund source ...`, `reparse`, `erase`: what is collected, read again, forgotten."""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer
from pydantic import ValidationError

from pipeline import settings as settings_room
from pipeline.cli.console import err, out
from pipeline.errors import SourceBlocked, UsageError
from pipeline.settings import CONFIG_NAME, SubscriptionSettings

app = typer.Typer(help="Subscriptions: what is collected, and by whose permission.", no_args_is_help=True)


@app.command("list")
def list_sources() -> None:
    """The subscriptions of the settings with their health, last run and permission, and the names of all sources."""
    from pipeline import sources
    from pipeline.cli.rows import as_table
    from pipeline.steps.source_check import list_states

    states = list_states()
    rows = [
        (
            each.subscription.name,
            each.subscription.source,
            each.subscription.entity,
            each.subscription.location,
            each.status or "never run",
            f"{each.last_run:%Y-%m-%d %H:%M} UTC" if each.last_run else None,
            _permission(each.subscription),
        )
        for each in states
    ]
    out.print(as_table(["name", "source", "entity", "location", "health", "last run", "permission"], rows))
    for each in states:
        if each.message:
            out.print(f"{each.subscription.name}: {each.message}", markup=False)
    out.print(f"Sources: {', '.join(sources.names())}")


def _permission(subscription: SubscriptionSettings) -> str:
    given = subscription.permission
    return f"{given.basis}, {given.granted_by}, {given.granted_on}" if given else "NONE: refused"


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="A short name of your own.")],
    source: Annotated[str | None, typer.Option(help="Which source reads it.")] = None,
    entity: Annotated[str | None, typer.Option(help="What is reviewed.")] = None,
    url: Annotated[str | None, typer.Option(help="Its address; empty where an option says where to look.")] = None,
    option: Annotated[list[str] | None, typer.Option(help="key=value, as the source wants them; repeat it.")] = None,
    basis: Annotated[str | None, typer.Option(help="Why it may be fetched.")] = None,
    granted_by: Annotated[str | None, typer.Option(help="Who decided that.")] = None,
    note: Annotated[str | None, typer.Option(help="Where that is written.")] = None,
    location: Annotated[str, typer.Option(help="Branch or storefront.")] = "",
) -> None:
    """Add a subscription with its permission record to the settings file; what is not given is asked."""
    from pipeline import sources
    from pipeline.sources.refused import refusal

    path = settings_room.config_path()
    if path is None:
        raise UsageError("no settings file", where=CONFIG_NAME, remedy="Run `leumund init` first")
    if any(each.name == name for each in settings_room.load().subscription):
        raise UsageError(f"there is a subscription {name!r}", where=str(path), remedy="Choose another name")
    chosen = _asked(source, f"Source ({', '.join(sources.names())})")
    for line in _hints(sources.get(chosen)):
        out.print(f"  {line}", markup=False)
    reviewed = _asked(entity, "Entity (what is reviewed)")
    address = _asked(url, "Address (empty where an option says where to look)", default="")
    refused = refusal(address)
    if refused:
        raise SourceBlocked(refused[0], where=address, remedy=f"Instead, {refused[1]}")
    options = option if option is not None else _asked_options()
    permission = {
        "basis": _asked(basis, "Why may it be fetched (own site, written permission, contract, public API terms ...)"),
        "granted_by": _asked(granted_by, "Who decided that"),
        "granted_on": datetime.now(UTC).date(),
        "note": _asked(note, "Where is that written (a contract, a page of terms; may be empty)", default=""),
    }
    made = _checked(
        {
            "name": name,
            "source": chosen,
            "entity": reviewed,
            "url": address or None,
            "location": location or None,
            "options": dict(_split(each) for each in options),
            "permission": permission,
        }
    )
    with path.open("a", encoding="utf-8") as file:
        file.write("\n".join(_lines(made)))
    out.print(f"Added {name} to {path}. Next: leumund source check {name}", markup=False)


def _asked(given: str | None, question: str, default: str | None = None) -> str:
    found: str = given if given is not None else typer.prompt(question, default=default, show_default=False)
    return found.strip()


def _asked_options() -> list[str]:
    found = []
    while entered := typer.prompt("Option key=value (empty: no more)", default="", show_default=False).strip():
        found.append(entered)
    return found


def _split(option: str) -> tuple[str, str]:
    key, sign, value = option.partition("=")
    if not sign or not key.strip():
        raise UsageError(f"{option!r} is no option", remedy="Write key=value")
    return key.strip(), value.strip()


def _hints(source: object) -> list[str]:
    """What a source's own module says of it: what it reads, which options it takes, which secrets it wants."""
    module = sys.modules[type(source).__module__].__doc__ or ""
    return [
        each for each in (module.strip().split("\n")[0], (type(source).__doc__ or "").strip().split("\n")[0]) if each
    ]


def _checked(values: dict[str, object]) -> SubscriptionSettings:
    try:
        return SubscriptionSettings.model_validate(values)
    except ValidationError as error:
        fault = error.errors()[0]
        spot = ".".join(str(part) for part in fault["loc"])
        raise UsageError(f"{spot}: {fault['msg']}", remedy="Nothing was added") from error


def _lines(made: SubscriptionSettings) -> list[str]:
    lines = ["", "[[subscription]]"]
    lines += [
        _pair(key, value) for key in ("name", "source", "entity", "url", "location") if (value := getattr(made, key))
    ]
    if made.options:
        lines += ["[subscription.options]", *(_pair(key, value) for key, value in made.options.items())]
    given = made.permission
    if given is not None:
        lines += ["[subscription.permission]", _pair("basis", given.basis), _pair("granted_by", given.granted_by)]
        lines += [f"granted_on = {given.granted_on.isoformat()}"]
        lines += [_pair("note", given.note)] if given.note else []
    return [*lines, ""]


def _pair(key: str, value: str) -> str:
    # A JSON string is a TOML basic string; keys that are no bare ones are quoted the same way.
    name = key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key)
    return f"{name} = {json.dumps(value, ensure_ascii=False)}"


@app.command("check")
def check(name: Annotated[str, typer.Argument(help="A subscription of the settings.")]) -> None:
    """Permission, robots.txt and one polite request: what would be collected, and how long all of it takes."""
    from pipeline.steps.source_check import check_source

    result = check_source(name)
    full = result.full
    out.print(f"{name}: {result.pages} page(s), {result.reviews} reviews on it", markup=False)
    out.print(f"  permission: {result.permission}", markup=False)
    out.print(f"  robots.txt: {result.robots}", markup=False)
    if result.reviews:
        out.print(
            f"  newest {result.newest or 'undated'}, {result.with_text} with text, {result.with_stars} with stars"
        )
    if full.requests is not None and full.hours is not None:
        out.print(
            f"  all {full.reviews:,} reviews: about {full.requests:,} requests, {full.hours:.1f} hours"
            f" at one in {full.seconds_apart:g} s"
        )
    else:
        out.print(f"  the source does not say how many there are; one request in {full.seconds_apart:g} s")
    for note in result.notes:
        out.print(f"  note: {note}", markup=False)


class History(StrEnum):
    """What becomes of the reviews that a subscription collected."""

    KEEP = "keep"
    ERASE = "erase"


@app.command("remove")
def remove(
    name: Annotated[str, typer.Argument(help="A subscription of the settings.")],
    history: Annotated[History, typer.Option(prompt="What it collected (keep, erase)", help="What it collected.")],
) -> None:
    """Take a subscription out of the settings; its history is kept or erased as you say."""
    from pipeline.steps.source_remove import remove_source

    erased = remove_source(name, history is History.KEEP)
    told = "its history stays" if history is History.KEEP else f"{erased} reviews erased"
    out.print(f"Removed {name}; {told}", markup=False)


def reparse() -> None:
    """Parse again the pages that were set aside, after their parser was mended; loads what they hold."""
    from pipeline.steps.reparse import reparse_pages

    counts = reparse_pages()
    out.print(f"{counts['pages']} pages: {counts['mended']} mended, {counts['still']} still set aside")
    out.print(f"{counts['reviews']} reviews loaded; `leumund run` scores and publishes them")


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

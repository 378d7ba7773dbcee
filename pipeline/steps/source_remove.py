"""Takes a subscription away, with or without what it collected: `leumund source remove`."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from pipeline import landing
from pipeline import settings as settings_room
from pipeline.errors import UsageError
from pipeline.settings import Settings, SubscriptionSettings
from pipeline.sources.file import marks_folder
from pipeline.steps import workplace
from pipeline.steps.publish import build_marts, check_marts, publish_files
from pipeline.steps.quotes import withdraw_quotes
from pipeline.steps.source_check import named
from pipeline.warehouse import privacy
from pipeline.warehouse.connection import transaction


def remove_source(name: str, keep_history: bool) -> int:
    """How many reviews were erased with the subscription; its block leaves the settings file.

    Erasing comes first, and may be done twice, so that a command killed in between is simply given again. Raw pages
    that held its reviews go too, and the published files are made anew; imported reviews stay.
    Which files it took is forgotten, so that a new one under its name takes them again.

    Raises:
        UsageError: no subscription has that name, or the file holds it in a form we do not edit.
    """
    settings = workplace.current()
    subscription = named(settings, name)
    path = settings_room.config_path()
    text = path.read_text(encoding="utf-8") if path else ""
    found = _block(name).search(text)
    if path is None or found is None:
        raise UsageError(
            f"{name!r} stands in no [[subscription]] block", where=str(path), remedy="Edit the file by hand"
        )
    erased = 0
    if settings.warehouse_path.exists():
        erased = _forget(settings, subscription, keep_history)
    shutil.rmtree(marks_folder(settings.client_dir, subscription.to_subscription()), ignore_errors=True)
    _replace(path, text[: found.start()] + text[found.end() :])
    return erased


def _forget(settings: Settings, subscription: SubscriptionSettings, keep_history: bool) -> int:
    with workplace.warehouse(settings) as con:
        if keep_history:
            with transaction(con):  # under its name another site may be read later: what it lacks is then not gone
                privacy.forget_reading(con, subscription.name)
            return 0
        erased = privacy.erase_subscription(con, _collected(settings, subscription))
        withdraw_quotes(con, settings)
    for ref in erased.raw_refs:
        landing.delete(settings.raw_dir, ref)
    if erased.review_keys:
        build_marts()
        check_marts()
        publish_files()
    return len(erased.review_keys)


def _collected(settings: Settings, subscription: SubscriptionSettings) -> privacy.Collected:
    place = (subscription.site_name, subscription.entity, subscription.location)
    others = [each for each in settings.subscription if each.name != subscription.name]
    return privacy.Collected(
        subscription.name,
        *place,
        is_alone=place not in [(each.site_name, each.entity, each.location) for each in others],
    )


def _block(name: str) -> re.Pattern[str]:
    return re.compile(
        r"^\[\[subscription\]\]\n(?:(?!^\[\[).*\n?)*?^name\s*=\s*([\"'])" + re.escape(name) + r"\1(?:(?!^\[\[).*\n?)*",
        re.M,
    )


def _replace(path: Path, text: str) -> None:
    """Write the settings file whole or not at all, with the rights it had."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.chmod(path.stat().st_mode)
    partial.replace(path)

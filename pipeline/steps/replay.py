"""Replays the alerts on one's own history: what each budget of false alerts would have sent, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pipeline import progress
from pipeline.errors import UsageError
from pipeline.reputation import budget
from pipeline.reputation import replay as rules
from pipeline.reputation.numbers import Language
from pipeline.reputation.replay import BudgetRow, ReplayedAlert
from pipeline.reputation.timeline import Timeline, timeline
from pipeline.steps import calibrating, workplace
from pipeline.steps.watch import HISTORY_DAYS, history_of
from pipeline.warehouse import daily, staging

FORMS: tuple[Literal["svg", "png"], ...] = ("svg", "png")
WORDS_FOR_ALL: dict[Language, str] = {"en": "All entities", "de": "Alles zusammen"}


@dataclass(frozen=True)
class Replayed:
    """What would have been sent: with the budget `per_month` in `alerts`, with others beside it in `rows`."""

    name: str | None
    start: date
    end: date
    per_month: float
    rows: tuple[BudgetRow, ...]
    timeline: Timeline

    @property
    def alerts(self) -> tuple[ReplayedAlert, ...]:
        """The alerts of the budget asked for, oldest first."""
        return next(row.alerts for row in self.rows if row.false_alerts_a_month == self.per_month)


def replay_alerts(entity: str | None, start: date, end: date, per_month: float | None = None) -> Replayed:
    """What would have fired from `start` to `end`, each day known only by its past; of all entities if none is named.

    Days to come are left out. A budget is spent over all series that are replayed.

    Raises:
        UsageError: the days are in the wrong order, or there are no dated reviews up to then.
    """
    settings = workplace.current()
    today = workplace.now().astimezone(ZoneInfo(settings.time_zone)).date()
    if end < start or start > today:
        raise UsageError(f"no days to replay from {start} to {end}", remedy="Give --from a past day, not after --to")
    end = min(end, today)
    wanted = per_month or settings.alerts.per_month
    with workplace.warehouse(settings) as con:
        since = start - timedelta(days=2 * HISTORY_DAYS)
        counts = daily.daily_counts(con, entity=entity, knowledge="seen", since=since, until=end)
        rates = calibrating.stored(con)
    if not counts.series:
        whose = f"of {entity!r}" if entity else "of any entity"
        raise UsageError(
            f"no dated reviews {whose} from {since} to {end}",
            remedy="See what there is with `leumund sql 'select entity, min(posted_on), max(posted_on)"
            " from mart.v_review group by entity'`",
        )
    past = history_of(counts)
    found = rules.evidence(
        past, start, end, floor=budget.LOWEST, tick=lambda done, total: progress.report("replay", done, total)
    )
    rows = rules.budgets(
        found,
        (*rules.BUDGETS, wanted),
        limits_of=lambda per_month: calibrating.limits(rates, past, per_month),
        days=(end - start).days + 1,
    )
    name = settings.entity_title(entity) if entity else None
    return Replayed(name, start, end, wanted, tuple(rows), timeline(past, start, end))


def picture_form(path: Path) -> Literal["svg", "png"]:
    """The kind of picture a file of that name holds.

    Raises:
        UsageError: it is another one, or the folder is not there.
    """
    if not path.parent.is_dir():
        raise UsageError("no such folder", where=str(path.parent), remedy="Make it first")
    for form in FORMS:
        if path.suffix.lower() == f".{form}":
            return form
    raise UsageError(f"no picture of the kind {path.suffix!r}", where=str(path), remedy="Name it .svg or .png")


def write_picture(replayed: Replayed, path: Path, language: Language | None = None) -> None:
    """Draw a replay into a file; its ending says whether as SVG or PNG.

    Raises:
        UsageError: the ending is another one, or the folder is not there.
    """
    from pipeline.report.replay_chart import replay_picture  # matplotlib takes half a second to load

    form = picture_form(path)
    said: Language = language or workplace.current().alerts.language
    picture = replay_picture(
        replayed.timeline,
        replayed.rows,
        name=replayed.name or WORDS_FOR_ALL[said],
        chosen=replayed.per_month,
        language=said,
        form=form,
    )
    with staging.replacing(path) as partial:
        partial.write_bytes(picture)

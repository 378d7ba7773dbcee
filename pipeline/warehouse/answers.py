"""What people said about incidents: a log that is only added to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from pipeline.warehouse.connection import EPOCH, Connection, from_epoch_us, transaction


@dataclass(frozen=True)
class AnswerGiven:
    """One answer: what (acknowledged, snoozed, false_alarm), by whom, when, and by which way (command or link)."""

    incident_id: str
    answer: str
    answered_by: str
    answered_via: str
    answered_at: datetime
    snoozed_until: datetime | None = None


def record_answer(con: Connection, given: AnswerGiven) -> None:
    """Add an answer to the log."""
    with transaction(con):
        con.execute(
            "insert into core.alert_answers by name select $incident_id as incident_id, $answer as answer,"
            " $answered_by as answered_by, $answered_via as answered_via, $answered_at::timestamptz as answered_at,"
            " $snoozed_until::timestamptz as snoozed_until",
            asdict(given),
        )


def answers_given(con: Connection, incident_id: str | None = None) -> list[AnswerGiven]:
    """The log, oldest first; of one incident where asked."""
    rows = con.execute(
        "select incident_id, answer, answered_by, answered_via, epoch_us(answered_at), epoch_us(snoozed_until)"
        " from core.alert_answers where $incident_id::varchar is null or incident_id = $incident_id"
        " order by answered_at, incident_id",
        {"incident_id": incident_id},
    ).fetchall()
    return [
        AnswerGiven(key, answer, who, via, from_epoch_us(at) or EPOCH, from_epoch_us(until))
        for key, answer, who, via, at, until in rows
    ]

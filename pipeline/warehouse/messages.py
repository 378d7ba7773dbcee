"""Messages to people: written down before they are sent, and who was told of what once they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pipeline.review import Severity
from pipeline.warehouse.connection import EPOCH, Connection, count, transaction

State = Literal["sending", "sent", "refused", "repeated"]

_MERGE_SENT = """
merge into core.alerts_sent as stored
using (
    select
        $incident_id as incident_id,
        $severity as severity,
        $channel as channel,
        $sent_at::timestamptz as sent_at,
        $sent_at::timestamptz as last_sent_at
) as fresh
    on
        stored.incident_id = fresh.incident_id
        and stored.severity = fresh.severity
        and stored.channel = fresh.channel
when matched and coalesce(stored.last_sent_at, stored.sent_at) < fresh.last_sent_at
    then update set last_sent_at = fresh.last_sent_at
when not matched then insert by name
"""

_INSERT_MESSAGE = """
insert into core.alert_messages by name
select
    $message_id as message_id,
    $channel as channel,
    'sending' as state,
    $told::struct(incident_id varchar, severity varchar)[] as told,
    $at::timestamptz as sending_at
"""

_END = """
update core.alert_messages
set state = $state, ended_at = $at::timestamptz
where message_id = $message_id and channel = $channel
"""

# A message that was never ended and told the same: now it has been said again.
_REPEATED = """
update core.alert_messages
set state = 'repeated', ended_at = $at::timestamptz
where
    channel = $channel
    and state = 'sending'
    and message_id <> $message_id
    and list_has_any(
        list_transform(told, lambda one: one.incident_id || one.severity), $told_keys::varchar[]
    )
"""


@dataclass(frozen=True)
class Told:
    """That a channel was told of an incident at a severity, and when it was last."""

    incident_id: str
    severity: Severity
    channel: str
    last_sent_at: datetime


@dataclass(frozen=True)
class Unfinished:
    """A message whose sending was begun and never ended: it may have gone out."""

    channel: str
    told: frozenset[tuple[str, str]]


def begin_message(
    con: Connection, message_id: str, channel: str, told: Sequence[tuple[str, Severity]], at: datetime
) -> None:
    """Write down, before it is sent, that a message about these incidents goes out on a channel."""
    rows = [{"incident_id": key, "severity": severity} for key, severity in told]
    with transaction(con):
        con.execute(_INSERT_MESSAGE, {"message_id": message_id, "channel": channel, "told": rows, "at": at})


def end_message(
    con: Connection,
    message_id: str,
    channel: str,
    told: Sequence[tuple[str, Severity]],
    at: datetime,
    *,
    is_sent: bool,
) -> None:
    """Write down how the sending ended; once sent, its incidents are told on that channel."""
    state: State = "sent" if is_sent else "refused"
    with transaction(con):
        con.execute(_END, {"message_id": message_id, "channel": channel, "state": state, "at": at})
        if not is_sent:
            return
        keys = [key + severity for key, severity in told]
        con.execute(_REPEATED, {"message_id": message_id, "channel": channel, "told_keys": keys, "at": at})
        for key, severity in told:
            con.execute(_MERGE_SENT, {"incident_id": key, "severity": severity, "channel": channel, "sent_at": at})


def record_alert_sent(con: Connection, incident_id: str, severity: str, channel: str, sent_at: datetime) -> bool:
    """Note that a channel was told of an incident at a severity; False if that was noted for that moment before."""
    sent = {"incident_id": incident_id, "severity": severity, "channel": channel, "sent_at": sent_at}
    with transaction(con):
        return count(con, _MERGE_SENT, sent) > 0


def alerts_told(con: Connection) -> list[Told]:
    """Who was told of what, and when last."""
    rows = con.execute(
        "select incident_id, severity, channel, epoch_us(coalesce(last_sent_at, sent_at)) from core.alerts_sent"
        " order by all"
    ).fetchall()
    return [Told(key, severity, channel, EPOCH + timedelta(microseconds=us)) for key, severity, channel, us in rows]


def messages_since(con: Connection, since: datetime) -> dict[str, int]:
    """How many messages each channel was sent, or may have been, after a moment."""
    rows = con.execute(
        "select channel, count(*) from core.alert_messages"
        " where sending_at > $since::timestamptz and state <> 'refused' group by channel",
        {"since": since},
    ).fetchall()
    return dict(rows)


def unfinished_messages(con: Connection) -> list[Unfinished]:
    """The messages that were being sent when a run was killed."""
    rows = con.execute(
        "select channel, list_transform(told, lambda one: [one.incident_id, one.severity]) from core.alert_messages"
        " where state = 'sending' order by sending_at, message_id"
    ).fetchall()
    return [Unfinished(channel, frozenset((key, severity) for key, severity in told)) for channel, told in rows]

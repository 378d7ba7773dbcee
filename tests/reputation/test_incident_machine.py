"""Whatever happens in whatever order: one thread a cause, few messages, no P1 lost, and nothing done twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pipeline.errors import UsageError
from pipeline.reputation.announcement import HELD_DAYS, Circumstances, PlannedEvent, announce, plan_messages
from pipeline.reputation.answering import ANSWERS, answered
from pipeline.reputation.data_fault import DataFault
from pipeline.reputation.evaluation import Evaluation, SeriesKey, Sign, has_fired
from pipeline.reputation.incident import advance
from pipeline.review import Incident

LIMIT = 3
THRESHOLD = 4.25
CHANNELS = ("mail", "chat")
ENTITIES = ("shop", "kiosk")
SERIES = [SeriesKey(entity) for entity in ENTITIES] + [
    SeriesKey(entity, level, name)  # type: ignore[arg-type]
    for entity in ENTITIES
    for level, name in (("location", "Nord"), ("location", "Süd"), ("theme", "billing"), ("source", "portal"))
]

alarms = st.builds(
    dict,
    series=st.sampled_from(SERIES),
    back=st.integers(0, 13),
    window=st.integers(1, 7),
    score=st.sampled_from([3.0, 4.5, 5.5, 6.0, 8.0]),
    share=st.sampled_from([0.5, 2.5]),
    count=st.sampled_from([1.0, 3.5]),
    observed=st.integers(3, 30),
    is_history=st.booleans(),
    is_urgent=st.sampled_from([False, False, False, True]),
)
manipulated = st.builds(
    dict, entity=st.sampled_from(ENTITIES), back=st.integers(0, 5), negative=st.integers(0, 30), kind=st.sampled_from(
        ["manipulation", "drift", "positive_surge"]
    ),
)  # fmt: skip


class Watch(RuleBasedStateMachine):
    """The steps around the rules, with a book for the warehouse and a list for the channels."""

    def __init__(self) -> None:
        super().__init__()
        self.now = datetime(2026, 11, 17, 12, tzinfo=UTC)
        self.book: dict[str, Incident] = {}
        self.told: dict[str, Counter[tuple[str, str]]] = {channel: Counter() for channel in CHANNELS}
        self.sent_at: dict[str, list[datetime]] = {channel: [] for channel in CHANNELS}

    @rule(
        found=st.lists(alarms, max_size=8, unique_by=lambda one: (one["series"], one["back"])),
        signs=st.lists(manipulated, max_size=2, unique_by=lambda one: (one["entity"], one["back"])),
        faulty=st.booleans(),
    )
    def scan(self, found: list[dict[str, object]], signs: list[dict[str, object]], faulty: bool) -> None:
        today = self.now.date()
        evaluations = [self._evaluation(one, today) for one in found]
        noticed = [self._sign(one, today) for one in signs]
        faults = [DataFault("shop", "portal", today, 1, 9, "failed", weight=0.5)] if faulty else []

        def once() -> tuple[Incident, ...]:
            outcome = advance(
                evaluations, list(self.book.values()), self.now, threshold=THRESHOLD, faults=faults, signs=noticed
            )
            self.book |= {i.incident_id: i for i in outcome.changed}
            for e in evaluations:
                if has_fired(e, THRESHOLD) and e.severity == "P1" and not e.is_history and e not in outcome.inhibited:
                    assert self._is_owed(e), e
            return outcome.changed

        once()
        assert once() == (), "the same run again changed something"

    @rule(refuses=st.sets(st.sampled_from(CHANNELS)), is_quiet=st.booleans(), is_sale=st.booleans())
    def tell(self, refuses: set[str], is_quiet: bool, is_sale: bool) -> None:
        today = self.now.date()
        planned = [PlannedEvent("Sale", today - timedelta(days=3), today)] if is_sale else []
        for channel in CHANNELS:
            circumstances = Circumstances(set(self.told[channel]), planned, ENTITIES if is_quiet else ())  # type: ignore[arg-type]
            tell = announce(self.book.values(), self.now, circumstances).to_notify
            in_the_hour = sum(at > self.now - timedelta(hours=1) for at in self.sent_at[channel])
            for message in plan_messages(tell, in_the_hour, LIMIT).messages:
                if channel in refuses:
                    continue
                self.sent_at[channel].append(self.now)
                for incident in message:
                    is_old = (today - (incident.noticed_day or today)).days >= HELD_DAYS
                    assert not is_quiet or incident.owed == "P1" or is_old
                    self.told[channel][incident.incident_id, str(incident.owed)] += 1

    @rule(place=st.integers(0, 30), answer=st.sampled_from(ANSWERS))
    def answer(self, place: int, answer: str) -> None:
        if not self.book:
            return
        key = sorted(self.book)[place % len(self.book)]
        try:
            self.book[key] = answered(self.book[key], answer, self.now + timedelta(days=2), self.book.values())  # type: ignore[arg-type]
        except UsageError:
            return

    @rule(hours=st.sampled_from([1, 5, 24, 24, 24 * 8]))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @invariant()
    def no_thread_is_open_twice(self) -> None:
        keys = Counter(i.dedup_key for i in self.book.values() if i.is_open)
        assert not [key for key, count in keys.items() if count > 1]

    @invariant()
    def no_channel_is_flooded(self) -> None:
        for times in self.sent_at.values():
            for at in times:
                assert sum(at - timedelta(hours=1) < other <= at for other in times) <= LIMIT

    @invariant()
    def nothing_is_told_twice(self) -> None:
        for told in self.told.values():
            assert all(count == 1 for count in told.values())

    def teardown(self) -> None:
        """In the end, with willing channels, nothing grave is left untold."""
        for _ in range(4):
            self.tell(set(), False, False)
            self.now += timedelta(hours=1, minutes=1)
        today = self.now.date()
        for incident in self.book.values():
            if (
                incident.owed == "P1"
                and incident.state != "false_alarm"
                and not incident.parent_id
                and (today - incident.last_day).days <= 13
            ):
                for channel in CHANNELS:
                    assert self.told[channel][incident.incident_id, "P1"] == 1

    def _is_owed(self, e: Evaluation) -> bool:
        """Whether an incident carries a P1 of this alarm; one that a person called false may."""
        week = timedelta(days=7)
        return any(
            i.entity == e.series.entity
            and i.alert_day - week <= e.day <= i.last_day + week
            and (i.owed == "P1" or (i.state == "false_alarm" and i.severity == "P1"))
            for i in self.book.values()
        )

    @staticmethod
    def _evaluation(one: dict[str, object], today: date) -> Evaluation:
        day = today - timedelta(days=one["back"])  # type: ignore[arg-type]
        start = day - timedelta(days=one["window"] - 1)  # type: ignore[operator]
        return Evaluation(
            one["series"], day, start, one["score"], one["share"], one["count"], one["observed"], 2.0, 0, 6, 40, 0.1,  # type: ignore[arg-type]
            True, None, one["is_history"], one["is_urgent"],  # type: ignore[arg-type]
        )  # fmt: skip

    @staticmethod
    def _sign(one: dict[str, object], today: date) -> Sign:
        day = today - timedelta(days=one["back"])  # type: ignore[arg-type]
        series = SeriesKey(str(one["entity"]), "source", "portal")
        base = Sign("manipulation", series, day, day, 7.0, 20, 1.0, 0, 3, 22, 0.3, one["negative"], ("copies",))  # type: ignore[arg-type]
        return (
            base if one["kind"] == "manipulation" else replace(base, kind=one["kind"], series=SeriesKey(series.entity))
        )  # type: ignore[arg-type]


TestWatch = Watch.TestCase
TestWatch.settings = settings(
    max_examples=40,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
)

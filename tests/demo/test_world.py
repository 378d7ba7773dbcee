import csv
import io
import json
import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.demo import world as demo_world
from pipeline.demo.incidental import BURST_TEXT
from pipeline.demo.opinion import BERLIN, Opinion, end_of_day
from pipeline.demo.world import World, build
from tests.demo.conftest import ANCHOR


def share(reviews: list[Opinion]) -> float:
    return sum(review.stars <= 2 for review in reviews) / len(reviews)


def weeks(world: World, first: int, last: int, **wanted: object) -> list[Opinion]:
    start, end = world.week_start(first), world.week_start(last + 1)
    return [
        review
        for review in world.reviews
        if start <= review.day < end and all(getattr(review, name) == value for name, value in wanted.items())
    ]


def test_same_arguments_give_the_same_world_quickly(world: World) -> None:
    started = time.perf_counter()
    again = build(ANCHOR)
    assert time.perf_counter() - started < 3
    assert again.reviews == world.reviews
    assert again.truth == world.truth
    assert build(ANCHOR, seed=1).reviews != world.reviews


def test_totals_are_as_planned(world: World) -> None:
    assert 7_000 <= len(world.reviews) <= 9_000
    per_week = len([review for review in world.reviews if review.entity == "morgenrot"]) / 104
    assert 60 <= per_week <= 80
    assert 0.25 <= sum(review.text is None for review in world.reviews) / len(world.reviews) <= 0.31
    assert len({review.source for review in world.reviews}) == 5
    assert len({review.number for review in world.reviews}) == len(world.reviews)
    assert world.reviews[-1].day == ANCHOR - timedelta(days=1)
    assert world.reviews[0].day >= world.first_day


def test_no_author_twice_in_a_channel_and_day(world: World) -> None:
    keys = [(review.source, review.entity, review.location, review.day, review.author) for review in world.reviews]
    assert len(set(keys)) == len(keys)


def test_texts_are_mostly_distinct_and_mostly_agree_with_stars(world: World) -> None:
    texts = [review.text for review in world.reviews if review.text]
    assert len(set(texts)) / len(texts) > 0.8
    told = [review for review in world.reviews if review.text and review.stars != 3 and review.sentiment != "neutral"]
    conflict = sum((review.stars > 3) != (review.sentiment == "positive") for review in told) / len(told)
    assert 0.03 < conflict < 0.09


def test_languages_include_unsupported_ones(world: World) -> None:
    counts = Counter(review.language for review in world.reviews)
    assert min(counts[code] for code in ("de", "en", "fr", "es")) > 300
    assert min(counts[code] for code in ("pl", "tr", "ja")) > 20


def test_some_texts_carry_contact_data_to_mask(world: World) -> None:
    texts = [review.text or "" for review in world.reviews]
    assert any("@example.org" in text for text in texts)
    assert any("+49 30 23125" in text for text in texts)
    assert any("DE" in text and "00000000" in text for text in texts)


def test_shock_and_drop_show_at_their_branch_alone(world: World) -> None:
    before = share(weeks(world, 50, 59, location="Leipzig"))
    assert share(weeks(world, 60, 62, location="Leipzig")) > before + 0.2
    assert share(weeks(world, 69, 79, location="Leipzig")) < share(weeks(world, 60, 62, location="Leipzig")) - 0.15
    assert share(weeks(world, 60, 79, location="Lille")) > share(weeks(world, 30, 54, location="Lille")) + 0.1
    assert {review.theme for review in weeks(world, 60, 62, cause="shock")} <= {"billing", None}


def test_campaign_doubles_volume_and_policy_lowers_negatives(world: World) -> None:
    firm = {"entity": "morgenrot"}
    usual = len(weeks(world, 61, 68, **firm)) / 8
    assert len(weeks(world, 70, 70, **firm)) > 1.5 * usual
    assert share(weeks(world, 85, 94, **firm)) < share(weeks(world, 70, 79, **firm)) - 0.06
    assert share(weeks(world, 50, 54, **firm)) < share(weeks(world, 47, 49, **firm)) - 0.05


def test_mix_shift_grows_the_harsher_site(world: World) -> None:
    firm = {"entity": "morgenrot", "source": "branchenblick"}
    assert len(weeks(world, 41, 60, **firm)) > 1.6 * len(weeks(world, 20, 39, **firm))


def test_stale_feed_recall_burst_and_topic(world: World) -> None:
    assert weeks(world, 75, 77, source="shopstimmen") == []
    assert weeks(world, 78, 78, source="shopstimmen")
    assert len(weeks(world, 80, 81, cause="recall")) >= 15
    burst = weeks(world, 90, 90, cause="duplicate_burst")
    assert len({review.author for review in burst}) >= 12
    assert len({review.source for review in burst}) >= 2
    assert sum(review.text == BURST_TEXT for review in burst) >= 8
    chats = weeks(world, 95, 104, cause="new_topic")
    assert len(chats) >= 8
    assert not weeks(world, 1, 94, cause="new_topic")


def test_live_shock_doubles_volume_and_turns_it_negative(world: World) -> None:
    last = [review for review in world.reviews if review.entity == "morgenrot" and (ANCHOR - review.day).days <= 3]
    assert len(last) >= 45
    assert share(last) > 0.5
    assert world.live_event_text.startswith("cards charged twice")


@pytest.mark.parametrize("anchor", [date(2026, 1, 1), date(2026, 11, 25), date(2027, 3, 29), date(2028, 2, 29)])
def test_live_shock_is_strong_whatever_the_anchor(anchor: date) -> None:
    world = build(anchor)
    last = [review for review in world.reviews if review.entity == "morgenrot" and (anchor - review.day).days <= 3]
    assert sum(review.stars <= 2 for review in last) >= 20
    assert share(last) > 0.45
    assert {"edit", "removal"} <= {row.kind for row in world.truth if (anchor - row.start).days <= 2}


def test_doubled_hour_is_posted_in_twice(world: World) -> None:
    changes = [planted for planted in world.truth if planted.kind == "clock_change"]
    assert len(changes) == 4
    autumn = next(planted for planted in changes if planted.start == date(2025, 10, 26))
    times = [
        review.posted_at.astimezone(BERLIN)
        for review in world.reviews
        if review.day == autumn.start and review.posted_at.hour < 2 and review.location == "Hamburg"
    ]
    assert [moment.strftime("%H:%M %z") for moment in times] == ["02:30 +0200", "02:30 +0100"]


def test_edit_and_removal_show_from_their_moment(world: World) -> None:
    edited = next(review for review in world.reviews if review.edited_at and not review.removed_at)
    assert edited.edited_at is not None
    before, after = edited.as_of(edited.edited_at - timedelta(seconds=1)), edited.as_of(edited.edited_at)
    assert before is not None
    assert after is not None
    assert (before.text, before.edited_at) == (edited.text, None)
    assert (after.text, after.stars) == (edited.edited_text, edited.edited_stars)
    removed = next(review for review in world.reviews if review.removed_at)
    assert removed.removed_at is not None
    assert removed.as_of(removed.removed_at) is None


def test_end_of_day_is_berlins() -> None:
    assert end_of_day(date(2026, 7, 1)) == datetime(2026, 7, 1, 21, 59, 59, 999999, UTC)


def test_truth_is_written_as_csv_and_json(world: World, tmp_path: Path) -> None:
    demo_world.write_truth(world, tmp_path / "truth.csv")
    demo_world.write_truth(world, tmp_path / "truth.json")
    rows = list(csv.DictReader((tmp_path / "truth.csv").open(encoding="utf-8")))
    assert len(rows) == len(json.loads((tmp_path / "truth.json").read_text())) == len(world.truth)
    assert {"shock", "recall", "policy", "live_shock", "duplicate_burst"} <= {row["kind"] for row in rows}


def test_history_ends_before_its_day_and_hides_removed(world: World) -> None:
    until = ANCHOR - timedelta(days=4)
    rows = list(csv.DictReader(io.StringIO(demo_world.history_csv(world, until).decode())))
    shown = [review.as_of(end_of_day(until - timedelta(days=1))) for review in world.reviews]
    assert len(rows) == sum(review is not None for review in shown)
    assert max(row["posted_at"][:10] for row in rows) < until.isoformat()
    assert {event["kind"] for event in demo_world.events(world)} == {"campaign", "policy", "recall"}

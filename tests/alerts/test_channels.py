"""Messages on real channels: Apprise addresses of a loopback web server and a loopback mail server."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta

import pytest
from pytest_httpserver import HTTPServer

from pipeline import notify
from pipeline.errors import PipelineError, UsageError
from pipeline.steps import alerts, answers, workplace
from pipeline.warehouse import answers as answer_log
from pipeline.warehouse import messages
from tests.alerts.conftest import TODAY, Shop
from tests.alerts.smtp import Mailbox

YESTERDAY = TODAY - timedelta(days=1)


def webhook(httpserver: HTTPServer, status: int = 200, path: str = "/hook") -> str:
    httpserver.expect_request(path, method="POST").respond_with_data("", status=status)
    return f"json://127.0.0.1:{httpserver.port}{path}"


def bodies(httpserver: HTTPServer) -> list[str]:
    return [json.loads(request.get_data())["message"] for request, _ in httpserver.log]


def tell_on(shop: Shop, *urls: str, more: tuple[str, ...] = ()) -> None:
    shop.configure("[notify]", f"urls = {json.dumps(urls)}", *more)


def bad_day(shop: Shop, *entities: str) -> None:
    for entity in entities or ("shop",):
        shop.load([*shop.quiet_weeks(entity=entity), *shop.stars(YESTERDAY, 1, 30, entity=entity)])


def test_a_mail_and_a_webhook_say_the_same_once(shop: Shop, httpserver: HTTPServer, mailbox: Mailbox) -> None:
    tell_on(shop, webhook(httpserver), mailbox.url)
    bad_day(shop)
    (title,) = shop.watch()
    assert shop.watch() == []
    (mail,) = mailbox.messages
    assert mail["Subject"] == title
    assert len(bodies(httpserver)) == 1
    incident_id = answers.incidents(only_open=True)[0].incident_id
    for said in (mail.as_string(), bodies(httpserver)[0]):
        assert incident_id in said


def test_a_refused_message_is_owed_and_the_other_channel_is_not_told_twice(
    shop: Shop, httpserver: HTTPServer, mailbox: Mailbox
) -> None:
    tell_on(shop, webhook(httpserver, 503), mailbox.url)
    bad_day(shop)
    with pytest.raises(PipelineError, match=r"json-\w+: .* 503"):
        shop.watch()
    httpserver.clear()
    webhook(httpserver)
    shop.now += timedelta(minutes=5)
    assert len(alerts.send_alerts()["told"]) == 1
    assert len(mailbox.messages) == len(bodies(httpserver)) == 1
    assert "already" not in bodies(httpserver)[0]


def test_a_crash_between_sending_and_recording_is_said_in_the_message_sent_again(
    shop: Shop, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell_on(shop, webhook(httpserver))
    bad_day(shop)
    with monkeypatch.context() as patch:

        def killed(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        patch.setattr(messages, "end_message", killed)  # a kill at this place cannot be had otherwise
        with pytest.raises(KeyboardInterrupt):
            shop.watch()
    shop.now += timedelta(minutes=5)
    shop.watch()
    shop.now += timedelta(minutes=5)
    shop.watch()
    first, second = bodies(httpserver)
    assert "already" not in first
    assert second.startswith("This message may have reached you already")
    with workplace.warehouse(workplace.current()) as con:
        assert messages.unfinished_messages(con) == []


def test_a_killed_run_that_had_not_sent_yet_is_made_good(
    shop: Shop, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell_on(shop, webhook(httpserver))
    bad_day(shop)
    with monkeypatch.context() as patch:

        def killed(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        patch.setattr(notify, "send", killed)
        with pytest.raises(KeyboardInterrupt):
            shop.watch()
    assert bodies(httpserver) == []
    shop.watch()
    assert len(bodies(httpserver)) == 1


def test_no_channel_gets_more_than_three_messages_an_hour_and_nothing_is_lost(
    shop: Shop, httpserver: HTTPServer
) -> None:
    tell_on(shop, webhook(httpserver))
    shops = [f"shop-{letter}" for letter in "abcdef"]
    bad_day(shop, *shops)
    assert len(shop.watch()) == 6
    shop.now += timedelta(minutes=20)
    bad_day(shop, "late")
    shop.watch()
    sent = bodies(httpserver)
    assert len(sent) == 3
    for name in shops:
        assert any(name in said for said in sent)
    assert not any("late" in said for said in sent)
    shop.now += timedelta(hours=1)
    alerts.send_alerts()
    assert len(bodies(httpserver)) == 4
    assert "late" in bodies(httpserver)[3]


def test_quiet_hours_hold_a_p2_until_morning_and_no_p1(shop: Shop, httpserver: HTTPServer) -> None:
    tell_on(shop, webhook(httpserver), more=("[alerts]", 'quiet_hours = "21-7"'))
    shop.load(shop.quiet_weeks())
    two_days = (YESTERDAY - timedelta(days=1), YESTERDAY)
    shop.load([one for day in two_days for one in shop.stars(day, 5, 36) + shop.stars(day, 1, 4)])
    shop.load(shop.quiet_weeks(entity="grave") + shop.stars(YESTERDAY, 1, 30, entity="grave"))
    night = datetime.combine(TODAY, time(4), UTC)
    shop.now = night
    assert [title[:4] for title in shop.watch()] == ["[P1]"]
    shop.now = night + timedelta(hours=1, minutes=59)  # seven in Berlin, in winter, is six in UTC
    assert alerts.send_alerts()["told"] == []
    shop.now = night + timedelta(hours=2)
    assert [title[:4] for title in alerts.send_alerts()["told"]] == ["[P2]"]


def test_a_dry_run_says_what_would_go_out_and_sends_nothing(shop: Shop, httpserver: HTTPServer) -> None:
    tell_on(shop, webhook(httpserver))
    bad_day(shop)
    from pipeline.steps import watch

    watch.scan_series()
    assert len(alerts.send_alerts(dry_run=True)["told"]) == 1
    assert bodies(httpserver) == []
    assert shop.told() == []
    assert len(alerts.send_alerts()["told"]) == 1


def test_a_test_message_reaches_each_channel(shop: Shop, httpserver: HTTPServer, mailbox: Mailbox) -> None:
    with pytest.raises(UsageError, match="no channels"):
        alerts.try_channels()
    tell_on(shop, webhook(httpserver), mailbox.url, "nonsense://x")
    assert [one.is_sent for one in alerts.try_channels()] == [True, True, False]
    assert mailbox.messages[0]["Subject"] == "Test message of Leumund"


def test_a_channel_is_named_without_its_secrets(httpserver: HTTPServer, caplog: pytest.LogCaptureFixture) -> None:
    url = webhook(httpserver, 401).replace("json://", "json://user:pa55word@")
    delivery = notify.send(url, "title", "body")
    assert not delivery.is_sent
    assert "401" in delivery.reason
    assert "pa55word" not in caplog.text + delivery.channel + delivery.reason


def test_a_snoozed_incident_is_told_once_more_when_the_snooze_is_over(shop: Shop, httpserver: HTTPServer) -> None:
    tell_on(shop, webhook(httpserver))
    bad_day(shop)
    shop.watch()
    incident_id = answers.incidents(only_open=True)[0].incident_id
    answers.answer_incident(incident_id, "snoozed", by="jo", until=shop.now + timedelta(days=2))
    shop.now += timedelta(days=1)
    assert shop.watch() == []
    shop.now += timedelta(days=1, hours=1)
    assert len(shop.watch()) == 1
    assert shop.watch() == []
    assert bodies(httpserver)[1].startswith("A reminder")


def test_a_signed_link_answers_once_and_the_log_keeps_who(shop: Shop, httpserver: HTTPServer) -> None:
    tell_on(shop, webhook(httpserver), more=('link_base = "https://leumund.example.org/"',))
    bad_day(shop)
    shop.watch()
    incident_id = answers.incidents(only_open=True)[0].incident_id
    links = answers.links(workplace.current(), incident_id, shop.now)
    said = bodies(httpserver)[0]
    assert all(link in said for link in links.values())
    assert shop.told()[0]["links"]
    answers.answer_by_link(links["acknowledged"], by="jo")
    answers.answer_incident(incident_id, "false_alarm", by="kim")
    with workplace.warehouse(workplace.current()) as con:
        log = [(one.answer, one.answered_by, one.answered_via) for one in answer_log.answers_given(con, incident_id)]
    assert log == [("acknowledged", "jo", "link"), ("false_alarm", "kim", "command")]
    assert [each.state for each in answers.incidents(only_open=False)] == ["false_alarm"]
    shop.now += timedelta(days=15)
    with pytest.raises(UsageError, match="this link ended"):
        answers.answer_by_link(links["acknowledged"], by="jo")


def test_other_dags_hear_of_each_alert_once(shop: Shop) -> None:
    bad_day(shop)
    assert alerts.alerts_for_others() == {"alerts": []}
    shop.watch()
    (told,) = alerts.alerts_for_others()["alerts"]
    assert (told["severity"], told["kind"]) == ("P1", "more_and_worse")
    assert alerts.alerts_for_others() == {"alerts": []}

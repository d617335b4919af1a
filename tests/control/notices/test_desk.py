"""The desk: from a notice to those who hear it."""

from threading import Event, Thread

import pytest

from mainstay.config.notification_settings import NotificationSettings
from mainstay.control.background import Background
from mainstay.control.notices.desk import QUEUE_MAX, NoticeDesk
from mainstay.model.notice import Route, Severity
from mainstay.model.records import NoticeRecord
from tests.control.notices.office import BAD, Office, World, notice, settings


@pytest.fixture
def world() -> World:
    return World()


def test_a_notice_is_sent_in_the_next_turn(world: World) -> None:
    office = Office(world)
    office.desk.tell(notice())
    assert world.heard == []
    office.turn()
    assert world.told() == ["chat", "pager"]
    assert [one.outcome for one in world.records()] == ["awaited", "sent", "sent"]


def test_the_job_sends_as_soon_as_it_is_told(world: World) -> None:
    office, sent = Office(world), Event()
    world.before_sending = lambda name: sent.set() if name == "pager" else None
    job = Background("notices", office.desk.run)
    job.start()
    office.desk.tell(notice())
    assert sent.wait(10)
    assert job.close()
    assert world.told() == ["chat", "pager"]


def test_what_is_on_its_way_when_we_leave_is_waited_for(world: World) -> None:
    office, stop = Office(world), Event()
    world.before_sending = lambda _name: stop.set()
    office.desk.tell(notice(Severity.WARNING))
    office.desk.run(stop)
    assert world.outcomes()["chat", "sent"] == 1


def test_what_was_told_too_late_to_be_sent_stands_in_the_book(world: World) -> None:
    office, stop = Office(world), Event()
    stop.set()
    office.desk.tell(notice(Severity.WARNING))
    office.desk.run(stop)
    assert world.heard == []
    Office(world).turn()
    assert world.told() == ["chat"]


def test_too_many_drop_the_least_grave(world: World) -> None:
    office = Office(world)
    office.desk.tell(notice(Severity.INFO, "mild"))
    for number in range(QUEUE_MAX + 1):
        office.desk.tell(notice(Severity.WARNING, f"key-{number}"))
    office.desk.tell(notice(Severity.CRITICAL, "grave"))
    office.turn()
    keys = [one.key for one in world.records() if one.outcome == "awaited"]
    assert "mild" not in keys
    assert "grave" in keys
    assert len(keys) == QUEUE_MAX
    assert office.desk.status().dropped == 3
    assert office.reports == [f"notices: more than {QUEUE_MAX} wait; the least grave are dropped"]


def test_an_acknowledgement_keeps_others_from_hearing(world: World) -> None:
    office = Office(world)
    office.tell(notice())
    office.desk.acknowledge("INC-2", "ada")
    office.turn(100.0)
    office.desk.acknowledge("INC-1", "ada")
    office.turn(300.0)
    assert "boss" not in world.told()
    (record,) = [one for one in world.records() if one.outcome == "acknowledged"]
    assert (record.text, record.incident) == ("ada", "INC-1")


def test_a_test_is_sent_whatever_the_routes_say(world: World) -> None:
    office = Office(world)
    outcome = office.desk.test("boss", Severity.CRITICAL)
    assert (outcome.target, outcome.is_sent, outcome.text) == ("boss", True, "")
    ((name, message),) = world.heard
    assert (name, message.headline) == ("boss", "[CRITICAL] Test of notifications")
    (record,) = office.written
    assert isinstance(record, NoticeRecord)
    assert (record.key, record.target, record.outcome) == ("test", "boss", "sent")


def test_a_test_that_fails_says_why(world: World) -> None:
    world.answers["boss"] = BAD
    office = Office(world)
    assert office.desk.test("boss").text == "it answers 500"
    (record,) = office.written
    assert isinstance(record, NoticeRecord)
    assert (record.outcome, record.text) == ("failed", "it answers 500")


def test_a_target_that_is_not_there_cannot_be_tested(world: World) -> None:
    with pytest.raises(KeyError):
        Office(world).desk.test("nobody")


def test_the_status_tells_how_targets_are(world: World) -> None:
    world.answers["chat"] = BAD
    office = Office(world)
    office.tell(notice())
    chat, pager, boss = office.desk.status().targets
    assert (chat.name, chat.kind, chat.place) == ("chat", "webhook", "chat.example")
    assert (chat.outcome, chat.text, chat.waiting, chat.used) == ("failed", "it answers 500", 1, 1)
    assert (pager.outcome, pager.at, pager.waiting) == ("sent", world.now, 0)
    assert (boss.outcome, boss.at, boss.used) == ("", None, 0)
    assert office.desk.status().counts == {("chat", "failed"): 1, ("pager", "sent"): 1}


def test_other_settings_count_from_the_next_turn_on(world: World) -> None:
    office = Office(world)
    office.tell(notice(Severity.WARNING))
    changed = settings(per_hour=1, routes=(Route(Severity.INFO, ("boss",)),))
    office.settings = NotificationSettings({"boss": changed.targets["boss"]}, changed.policy)
    office.tell(notice(Severity.INFO, "one"), notice(Severity.INFO, "two"))
    assert world.told() == ["boss", "chat"]
    assert [one.name for one in office.desk.status().targets] == ["boss"]
    with pytest.raises(KeyError):
        office.desk.test("chat")


def test_telling_is_safe_from_many_threads(world: World) -> None:
    office = Office(world)

    def tell(desk: NoticeDesk, first: int) -> None:
        for number in range(first, first + 20):
            desk.tell(notice(Severity.INFO, f"key-{number}"))

    threads = [Thread(target=tell, args=(office.desk, 100 * number)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    office.turn()
    assert len({one.key for one in world.records()}) == 100

"""What the job for notices does in its turns: retries, windows, limits, escalation, and going on after a death."""

from threading import Event

import pytest

from mainstay.config.notification_settings import NotificationSettings
from mainstay.control.book import Book
from mainstay.model.incident import Acknowledged, IncidentEvent, IncidentStatus, Merged, Moved, Noted
from mainstay.model.notice import NoticePolicy, Route, Severity
from mainstay.model.records import IncidentRecord, NoticeRecord
from mainstay.ops.notices.telling import STALE_SECONDS, WAITS_SECONDS
from tests.control.notices.office import BAD, OK, Office, World, notice, settings

WARNING = Severity.WARNING


@pytest.fixture
def world() -> World:
    return World()


def test_a_target_that_fails_is_tried_again_and_given_up_at_last(world: World) -> None:
    world.answers["chat"] = BAD
    office = Office(world)
    office.tell(notice(WARNING))
    for wait in WAITS_SECONDS:
        before = len(world.heard)
        office.turn(wait - 0.5)
        assert len(world.heard) == before
        office.turn(0.5)
        assert len(world.heard) == before + 1
    office.turn(100_000.0)
    assert len(world.heard) == len(WAITS_SECONDS) + 1
    assert len({message.id for _, message in world.heard}) == 1
    assert world.outcomes() == {("chat", "awaited"): 1, ("chat", "failed"): 7, ("chat", "gave-up"): 1}
    assert office.reports == ["notices: chat is not told of 'it is down': it answers 500"]


def test_a_target_that_hangs_hurts_nobody_else_and_is_cut(world: World) -> None:
    world.hanging["chat"] = Event()
    office = Office(world)
    office.tell(notice())
    assert world.told() == ["pager"]
    office.turn(9.9)
    assert world.outcomes()["chat", "failed"] == 0
    office.turn(0.1)
    assert world.outcomes()["chat", "failed"] == 1
    assert "no answer within 10 s" in [one.text for one in world.records()]
    # While it hangs, no second thread is spent on it.
    office.turn(5.0)
    office.turn()
    assert world.outcomes()["chat", "failed"] == 2
    assert "an earlier try still hangs" in [one.text for one in world.records()]
    world.hanging["chat"].set()


def test_one_that_was_cut_and_arrives_late_is_not_sent_again(world: World) -> None:
    gate = world.hanging["chat"] = Event()
    office = Office(world)
    office.tell(notice(WARNING))
    office.turn(10.0)
    (thread,) = [one.thread for one in office.desk._rounds._senders._hanging.values()]
    gate.set()
    thread.join(10)
    office.turn(60.0)
    assert world.told() == ["chat"]
    assert world.outcomes() == {("chat", "awaited"): 1, ("chat", "failed"): 1, ("chat", "sent"): 1}


def test_the_same_is_told_once_within_a_window_and_anew_after_it(world: World) -> None:
    office = Office(world)
    for _ in range(5):
        office.tell(notice(WARNING))
    assert world.told() == ["chat"]
    repeated = [one for one in office.written if isinstance(one, NoticeRecord) and one.outcome == "deduplicated"]
    assert len(repeated) == 1
    assert office.desk.status().counts["", "deduplicated"] == 4
    office.turn(900.0)
    office.tell(notice(WARNING))
    assert world.told() == ["chat", "chat"]
    assert [head.stream for head in world.events.streams("notice/", None, 9)] == [
        "notice/incident/INC-1~2",
        "notice/incident/INC-1~1",
    ]


def test_graver_news_breaks_through_and_what_was_not_told_is_dropped_for_it(world: World) -> None:
    world.answers["chat"] = BAD
    office = Office(world)
    office.tell(notice(WARNING, title="slow"))
    world.answers["chat"] = OK
    office.tell(notice(title="down"))
    office.turn(60.0)
    assert [(name, message.title) for name, message in world.heard if name == "chat"] == [
        ("chat", "slow"),
        ("chat", "down"),
    ]
    gave_up = [one for one in world.records() if one.outcome == "gave-up"]
    assert [one.text for one in gave_up] == ["there is newer and graver news of the same"]


def test_too_many_are_limited_and_summarised_and_critical_ones_have_a_reserve(world: World) -> None:
    office = Office(world, settings(per_hour=5))
    for number in range(6):
        office.tell(notice(WARNING, f"key-{number}", f"number {number}"))
    assert len(world.heard) == 4
    office.tell(notice(Severity.CRITICAL, "grave"))
    assert [message.key for name, message in world.heard if name == "chat"][4:] == ["grave"]
    assert office.desk.status().targets[0].kept == 2
    office.turn(3_600.0)
    office.turn(1.0)
    summary = [message for name, message in world.heard if name == "chat"][-1]
    assert summary.title == "2 notices were not sent"
    assert "- number 5" in summary.text
    before = len(world.heard)
    office.turn(3_600.0)
    assert len(world.heard) == before
    assert office.desk.status().targets[0].kept == 0


def test_others_hear_when_nobody_acknowledges(world: World) -> None:
    office = Office(world)
    office.tell(notice())
    office.turn(299.0)
    assert "boss" not in world.told()
    office.turn(1.0)
    ((name, message),) = world.heard[2:]
    assert (name, message.headline) == ("boss", "[CRITICAL] Nobody has acted yet: it is down")
    office.turn(600.0)
    assert len(world.heard) == 3


@pytest.mark.parametrize("event", [Acknowledged(), Moved(IncidentStatus.RESOLVED), Merged("INC-2")])
def test_what_the_book_says_of_the_incident_is_heard(world: World, event: IncidentEvent) -> None:
    office = Office(world)
    office.tell(notice())
    write_incident(world, event)
    office.turn(301.0)
    assert "boss" not in world.told()


def test_other_events_of_the_incident_stop_nothing(world: World) -> None:
    office = Office(world)
    office.tell(notice())
    write_incident(world, Noted("hm"))
    office.turn(301.0)
    assert "boss" in world.told()


def test_what_was_acknowledged_while_nobody_ran_is_heard(world: World) -> None:
    Office(world).tell(notice())
    write_incident(world, Acknowledged())
    Office(world).turn(301.0)
    assert "boss" not in world.told()


def write_incident(world: World, event: IncidentEvent) -> None:
    record = IncidentRecord("inc-1", world.now, "INC-1", 1, "ada", event)
    Book(lambda: world.events, lambda _record: None).append("incident/INC-1", 1, record)


def test_what_is_grave_and_reaches_nobody_is_told_to_all_others(world: World) -> None:
    world.answers |= {"chat": BAD, "pager": BAD}
    office = Office(world)
    office.tell(notice())
    office.turn(5.0)
    assert world.told().count("boss") == 1
    assert "none of its targets can be reached" in [one.text for one in world.records()]


def test_ways_over_what_is_down_come_last_and_others_hear_too(world: World) -> None:
    office = Office(world)
    office.ill = {"chat.example"}
    office.tell(notice(WARNING))
    assert world.told() == ["boss", "chat", "pager"]
    assert world.records()[0].target == "pager, boss, chat"


def test_a_name_that_no_target_has_is_given_up_at_once(world: World) -> None:
    routes = (Route(Severity.INFO, ("gone", "chat")),)
    office = Office(world, settings(routes=routes))
    office.tell(notice(WARNING))
    assert world.told() == ["chat"]
    assert world.outcomes()["gone", "gave-up"] == 1


def test_without_a_route_it_is_written_down_that_nobody_hears(world: World) -> None:
    office = Office(world, NotificationSettings({}, NoticePolicy()))
    office.tell(notice())
    assert [(one.outcome, one.target) for one in world.records()] == [("awaited", "")]


def test_who_does_not_act_writes_down_and_tells_nobody(world: World) -> None:
    standby, acting = Office(world), Office(world)
    standby.is_acting = False
    standby.tell(notice())
    assert world.heard == []
    acting.turn()
    assert world.told() == ["chat", "pager"]


def test_who_takes_over_goes_on_without_telling_twice(world: World) -> None:
    world.answers["chat"] = BAD
    first, second = Office(world), Office(world)
    second.is_acting = False
    second.turn()
    first.tell(notice())
    second.turn()
    world.answers["chat"], second.is_acting = OK, True
    second.turn(5.0)
    assert world.told() == ["chat", "chat", "pager"]
    second.turn(300.0)
    assert world.told().count("boss") == 1


def test_two_that_are_told_the_same_tell_it_once(world: World) -> None:
    first, second = Office(world), Office(world)
    first.turn()
    second.turn()
    first.tell(notice())
    second.tell(notice())
    assert world.told() == ["chat", "pager"]


class KilledError(BaseException):
    """What a kill is like from inside."""


@pytest.mark.parametrize("last", range(1, 4))
def test_whoever_is_killed_is_followed_by_one_who_neither_repeats_nor_forgets(world: World, last: int) -> None:
    first = Office(world)
    appended = world.events.append_event

    def append(stream: str, number: int, event_id: str, at: float, body: bytes) -> bool:
        if len(world.events.events) >= last:
            raise KilledError
        return appended(stream, number, event_id, at, body)

    world.events.append_event = append  # type: ignore[method-assign]
    try:
        first.tell(notice())
        first.tell(notice(Severity.CRITICAL, "another"))
    except KilledError:
        pass
    written_as_sent = {one.target for one in world.records() if one.outcome == "sent"}
    before = list(world.heard)
    world.events.append_event = appended  # type: ignore[method-assign]
    second = Office(world)
    second.tell(notice())
    second.turn(5.0)
    again = [name for name, _ in world.heard[len(before) :]]
    # What stands there as sent is not repeated; the rest is, under the same id.
    assert set(again) == {"chat", "pager"} - written_as_sent
    assert {"chat", "pager"} <= set(world.told())
    assert len({message.id for name, message in world.heard}) == 1


def test_a_store_that_is_down_keeps_nobody_from_hearing(world: World) -> None:
    office = Office(world)
    office.turn()
    world.events.is_down = True
    office.tell(notice())
    assert world.told() == ["chat", "pager"]
    assert office.desk.status().unwritten == 3
    assert office.reports == ["notices: people are told, but it is not written down: the store does not answer"]
    world.events.is_down = False
    office.turn(10.0)
    assert [one.outcome for one in world.records()] == ["awaited", "sent", "sent"]
    assert office.desk.status().trouble == ""
    Office(world).turn()
    assert len(world.heard) == 2


def test_a_store_that_was_down_from_the_beginning_is_read_later(world: World) -> None:
    Office(world).tell(notice(WARNING))
    world.events.is_down = True
    office = Office(world)
    office.turn()
    world.events.is_down = False
    office.turn(10.0)
    office.tell(notice(WARNING))
    assert world.told() == ["chat"]


def test_limits_outlive_a_restart(world: World) -> None:
    office = Office(world, settings(per_hour=5))
    for number in range(6):
        office.tell(notice(WARNING, f"key-{number}", f"number {number}"))
    again = Office(world, settings(per_hour=5))
    again.tell(notice(WARNING, "one more"))
    assert len(world.heard) == 4
    assert again.desk.status().targets[0].kept == 3


def test_old_news_is_not_told_after_a_long_absence(world: World) -> None:
    world.answers["chat"] = BAD
    Office(world).tell(notice(WARNING))
    Office(world).turn(STALE_SECONDS + 1)
    assert len(world.heard) == 1
    assert world.outcomes()["chat", "gave-up"] == 1


def test_what_is_over_and_old_is_forgotten(world: World) -> None:
    office = Office(world)
    office.tell(notice(WARNING))
    assert len(list(office.desk._rounds.shelf.all())) == 1
    office.turn(100_000.0)
    assert list(office.desk._rounds.shelf.all()) == []
    office.tell(notice(WARNING))
    assert world.told() == ["chat", "chat"]
    assert world.events.events[-1].stream == "notice/incident/INC-1~2"

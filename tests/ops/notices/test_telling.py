"""A telling is a fold of its events: what is done stays done, what is not is known."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.notice import NoticeOutcome
from mainstay.model.records import NoticeRecord
from mainstay.ops.notices.telling import (
    TEXT_CHARACTERS_MAX,
    TITLE_CHARACTERS_MAX,
    WAITS_SECONDS,
    bounded,
    fold,
    place_of,
    prefix_of,
    stream_of,
)
from tests.ops.notices.notes import BEGAN_AT, STREAM, notice, record, telling


def test_what_is_accepted_is_due_at_once_at_every_target() -> None:
    found = telling()
    assert [(one.target, one.due_at, one.attempt) for one in found.open] == [
        ("pager", BEGAN_AT, 0),
        ("chat", BEGAN_AT, 0),
    ]
    assert (found.id, found.notice.title, found.notice.text) == ("rec-awaited-pager, chat", *TEXTS)


TEXTS = ("anthropic is down", "Nothing answers.")


def test_only_what_awaits_an_acknowledgement_does() -> None:
    accepted = fold(None, STREAM, 1, record("accepted", "chat"))
    assert accepted is not None
    assert not accepted.awaits
    assert telling().awaits
    assert not telling(record("acknowledged")).awaits


def test_nothing_follows_from_what_was_heard_and_needs_nobody_else() -> None:
    sent = record("sent", "pager", attempt=1)
    assert not telling(sent, record("gave-up", "chat")).is_settled
    assert telling(sent, record("gave-up", "chat"), record("acknowledged")).is_settled
    assert not telling(sent, record("acknowledged")).is_settled
    assert not telling(record("gave-up", "chat"), record("acknowledged"), targets="chat").is_settled
    assert telling(record("acknowledged"), targets="").is_settled


def test_nobody_may_be_told() -> None:
    found = fold(None, STREAM, 1, record("accepted"))
    assert found is not None
    assert found.deliveries == {}


@pytest.mark.parametrize("outcome", ["sent", "gave-up", "limited"])
def test_what_has_ended_at_a_target_is_open_at_the_others(outcome: NoticeOutcome) -> None:
    found = telling(record(outcome, "pager", attempt=1))
    assert [one.target for one in found.open] == ["chat"]
    assert found.deliveries["pager"].end == outcome


def test_a_failed_try_is_due_again_after_ever_longer_waits() -> None:
    found = telling()
    waits = []
    for attempt in range(1, len(WAITS_SECONDS) + 1):
        assert not found.deliveries["chat"].is_last_try
        event = record("failed", "chat", after=attempt * 10.0, attempt=attempt)
        found = fold(found, STREAM, found.number + 1, event) or found
        waits.append(found.deliveries["chat"].due_at - event.at)
    assert tuple(waits) == WAITS_SECONDS
    assert found.deliveries["chat"].is_last_try


def test_what_ended_does_not_begin_again_by_a_late_word() -> None:
    found = telling(record("sent", "chat", attempt=1), record("failed", "chat", attempt=2))
    assert found.deliveries["chat"].end == "sent"
    assert found.deliveries["chat"].attempt == 1


def test_an_escalation_tells_its_targets_anew() -> None:
    found = telling(record("sent", "chat", attempt=1), record("escalated", "boss, chat", after=300.0))
    assert {one.target for one in found.open} == {"pager", "boss", "chat"}
    assert found.deliveries["chat"].is_escalation
    assert found.deliveries["chat"].number == 3
    assert found.escalated == (("boss", "chat"),)


def test_an_acknowledgement_ends_what_was_escalated_and_not_yet_told() -> None:
    found = telling(record("escalated", "boss", after=300.0), record("acknowledged", after=301.0))
    assert {one.target for one in found.open} == {"pager", "chat"}
    assert found.is_acknowledged


def test_a_stream_begins_with_an_acceptance() -> None:
    assert fold(None, STREAM, 1, record("sent", "chat")) is None
    assert fold(None, STREAM, 2, record("accepted", "chat")) is None


OUTCOMES: tuple[NoticeOutcome, ...] = ("failed", "sent", "gave-up", "limited", "escalated", "acknowledged")
events = st.lists(
    st.builds(
        lambda outcome, target, attempt: record(outcome, target, attempt=attempt),
        st.sampled_from(OUTCOMES),
        st.sampled_from(["chat", "pager", "boss", ""]),
        st.integers(0, 9),
    ),
    max_size=12,
)


@given(events)
def test_events_that_were_folded_already_change_nothing(found: list[NoticeRecord]) -> None:
    once = telling(*found)
    twice = once
    for number, event in enumerate((record("awaited", "pager, chat"), *found), start=1):
        twice = fold(twice, STREAM, number, event) or twice
    assert twice == once


@given(events)
def test_what_was_sent_is_never_due_again_without_an_escalation(found: list[NoticeRecord]) -> None:
    sent = telling(record("sent", "chat", attempt=1), *(one for one in found if one.outcome != "escalated"))
    assert "chat" not in {one.target for one in sent.open}


def test_streams_tell_their_keys() -> None:
    assert stream_of("incident/INC-1", 3) == "notice/incident/INC-1~3"
    assert place_of("notice/incident/INC-1~3") == ("incident/INC-1", 3)
    assert stream_of("a", 12).startswith(prefix_of("a"))
    assert not stream_of("ab", 1).startswith(prefix_of("a"))
    assert [place_of(one) for one in ("incident/INC-1", "notice/a", "notice/a~x", "run/a~1")] == [None] * 4


def test_a_notice_is_made_to_fit() -> None:
    wild = msgspec.structs.replace(
        notice(), key="a~b\nc" * 100, title="one\ntwo\x1b[0m" + "x" * 900, text="first\nsecond\x00" + "y" * 9_000
    )
    tame = bounded(wild)
    assert tame.key.startswith("a-b-ca-b-c")
    assert len(tame.key) == 137
    assert bounded(msgspec.structs.replace(wild, key=wild.key + "!")).key != tame.key
    assert bounded(notice()).key == "incident/INC-1"
    assert tame.title.startswith("one two [0m")
    assert len(tame.title) == TITLE_CHARACTERS_MAX
    assert tame.text.startswith("first\nsecond y")
    assert len(tame.text) == TEXT_CHARACTERS_MAX

"""What is to be done about notices: repetitions, escalations, and when to give up."""

import msgspec
import pytest

from mainstay.model.notice import NoticePolicy, Severity
from mainstay.ops.notices.deciding import (
    DESPAIR_ATTEMPTS,
    NOBODY_REACHED,
    escalations_due,
    is_repetition,
    reason_to_give_up,
)
from mainstay.ops.notices.telling import STALE_SECONDS, Telling
from tests.ops.notices.notes import BEGAN_AT, POLICY, STREAM, notice, record, telling

WINDOW = POLICY.window_seconds


def test_the_same_is_not_told_twice_within_a_window() -> None:
    assert is_repetition(POLICY, telling(), notice(), BEGAN_AT + WINDOW - 1)
    assert not is_repetition(POLICY, telling(), notice(), BEGAN_AT + WINDOW)
    assert not is_repetition(POLICY, None, notice(), BEGAN_AT)


def test_once_may_be_enough_for_ever() -> None:
    once = msgspec.structs.replace(notice(), is_once=True)
    assert is_repetition(POLICY, telling(), once, BEGAN_AT + 100 * WINDOW)
    assert not is_repetition(POLICY, None, once, BEGAN_AT)


def test_what_is_graver_breaks_through() -> None:
    mild = telling()
    mild = msgspec.structs.replace(mild, notice=notice(Severity.WARNING))
    assert not is_repetition(POLICY, mild, notice(Severity.MAJOR), BEGAN_AT + 1)
    assert is_repetition(POLICY, mild, notice(Severity.INFO), BEGAN_AT + 1)


def due(found: Telling, after: float) -> list[tuple[str, ...]]:
    return [one.targets for one in escalations_due(POLICY, found, BEGAN_AT + after)]


def test_others_hear_when_nobody_acknowledges_in_time() -> None:
    told = (record("sent", "chat", attempt=1), record("sent", "pager", attempt=1))
    assert due(telling(*told), 299.0) == []
    assert due(telling(*told), 300.0) == [("boss",)]
    assert due(telling(*told, record("escalated", "boss", after=300.0)), 301.0) == []
    assert due(telling(*told, record("acknowledged", after=299.0)), 300.0) == []
    assert due(telling(*told), 300.0 + STALE_SECONDS) == []


def failed(target: str, attempts: int) -> Telling:
    return telling(*(record("failed", target, attempt=one) for one in range(1, attempts + 1)), targets=target)


def test_what_is_grave_and_reaches_nobody_is_told_to_all_others() -> None:
    assert due(failed("chat", DESPAIR_ATTEMPTS - 1), 20.0) == []
    assert due(failed("chat", DESPAIR_ATTEMPTS), 20.0) == [("pager", "boss")]
    assert escalations_due(POLICY, failed("chat", 2), BEGAN_AT)[0].why == NOBODY_REACHED
    assert due(telling(record("gave-up", "chat"), targets="chat"), 20.0) == [("pager", "boss")]


@pytest.mark.parametrize(
    "found",
    [
        telling(record("failed", "chat", attempt=2)),
        telling(record("failed", "chat", attempt=2), record("sent", "pager", attempt=1)),
        telling(record("limited", "chat"), targets="chat"),
        telling(record("gave-up", "chat"), record("escalated", "pager, boss"), targets="chat"),
        telling(targets=""),
    ],
    ids=["one is not tried out", "one was told", "told in a summary", "done already", "nobody was meant"],
)
def test_others_are_left_alone_while_there_is_hope(found: Telling) -> None:
    assert due(found, 20.0) == []


@pytest.mark.parametrize(
    ("severity", "others"), [(Severity.WARNING, []), (Severity.MAJOR, [("pager", "boss")])], ids=["warning", "major"]
)
def test_what_is_not_grave_bothers_no_others(severity: Severity, others: list[tuple[str, ...]]) -> None:
    assert due(msgspec.structs.replace(failed("chat", 3), notice=notice(severity)), 20.0) == others


def test_a_new_target_does_not_hear_of_old_troubles() -> None:
    accepted = msgspec.structs.replace(telling(record("gave-up", "chat"), targets="chat"), is_acknowledged=True)
    assert due(accepted, STALE_SECONDS) == [("pager", "boss")]
    assert due(accepted, STALE_SECONDS + 1) == []


def reason(found: Telling, *, newest: str = STREAM, after: float = 0.0, policy: NoticePolicy = POLICY) -> str:
    return reason_to_give_up(policy, found, found.deliveries["chat"], newest, BEGAN_AT + after)


def test_a_try_is_worth_it_while_target_and_news_are_there() -> None:
    assert reason(telling(), after=STALE_SECONDS) == ""
    assert reason(telling(), policy=NoticePolicy(("pager",))) == "unknown"
    assert reason(telling(), newest="notice/incident/INC-1~2") == "superseded"
    assert reason(telling(), after=STALE_SECONDS + 1) == "stale"


def test_what_was_escalated_late_is_not_stale_for_that() -> None:
    late = telling(record("escalated", "chat", after=STALE_SECONDS))
    assert reason(late, after=STALE_SECONDS + 60) == ""

"""Callers who come back in vain, where an exchange stands, and behind which event to go on."""

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.gateway.drafts.entries import Missing, Reason
from mainstay.gateway.kept_caller import CANCELLED
from mainstay.gateway.resumption import read_after
from mainstay.gateway.standing import Standing
from mainstay.gateway.visits import missing
from mainstay.model.fault import Blame, Fault
from tests.gateway.kept_rig import KeptRig, answered, interrupted, kept_rig
from tests.gateway.listener import Listener
from tests.gateway.rig import YAML, snapshot
from tests.gateway.talk import ENDING, OPENING, WHOLE, said, text_of


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[KeptRig]:
    yield from kept_rig(tmp_path / "state")


# -- who cannot be served


@pytest.mark.parametrize("runs", [True, False])
def test_an_event_that_has_not_been_cannot_be_gone_on_behind(rig: KeptRig, *, runs: bool) -> None:
    first = rig.start()
    rig.streams(*WHOLE[:2])
    if not runs:
        first.leave()
        rig.settle()
    caller = rig.come_back(4)
    assert caller.refusal == (400, "after_beyond_end")
    assert "after=4" in caller.faults[0].message
    assert "3 events" in caller.faults[0].message
    assert len(rig.attempts) == 1, "nobody is asked in vain"
    assert first.end == ("" if runs else "left")
    first.leave()
    rig.settle()
    assert (rig.running, rig.outcome()) == (0, "left"), "nobody counts as listening who is not"


@pytest.mark.parametrize(
    ("reason", "status", "code", "blame"),
    [
        (Reason.UNKNOWN, 404, "exchange_not_found", Blame.CALLER),
        (Reason.TAIL_LOST, 410, "exchange_gone", Blame.CALLER),
        (Reason.DAMAGED, 410, "exchange_gone", Blame.CALLER),
        (Reason.KEY, 410, "exchange_gone", Blame.CALLER),
        (Reason.UNREADABLE, 503, "draft_unavailable", Blame.US),
    ],
)
def test_what_is_missing_is_said_to_be_so(reason: Reason, status: int, code: str, blame: Blame) -> None:
    fault = missing(Missing(reason))
    assert (fault.status, fault.code, fault.blame) == (status, code, blame)


@pytest.mark.parametrize("identity", ["ex_2", "../drafts/ex_1", "", "x" * 1000])
def test_an_id_that_is_none_is_unknown(rig: KeptRig, identity: str) -> None:
    answered(rig)
    assert rig.come_back(0, identity).refusal == (404, "exchange_not_found")
    caller = Listener()
    rig.resumption.standing(identity, caller, caller.refuse)
    rig.settle()
    assert caller.refusal == (404, "exchange_not_found")


def test_a_damaged_draft_is_gone(rig: KeptRig) -> None:
    interrupted(rig)
    (path,) = rig.world.files()
    path.write_bytes(path.read_bytes()[:-40] + bytes(40))
    assert rig.come_back().refusal == (410, "exchange_gone")


def test_more_than_was_kept_cannot_be_gone_on_with(rig: KeptRig) -> None:
    caller = rig.start(rig.job(workload="must"))
    rig.streams(*WHOLE[:2])
    rig.world.disk.refuses = errno.ENOSPC
    rig.goes_on(said("world"))
    assert text_of(caller.body) == "Hello world", "the caller does not suffer"
    rig.die()
    rig.world.disk.refuses = 0
    again = rig.come_back()
    assert again.refusal == (410, "exchange_gone")
    assert rig.standing().state == "lost"
    assert rig.attempts == []


def test_a_model_that_is_gone_cannot_be_gone_on_with(rig: KeptRig) -> None:
    interrupted(rig)
    rig.config = snapshot(YAML.replace("claude", "another"))
    caller = rig.come_back()
    assert caller.refusal == (410, "exchange_gone")
    assert "'claude'" in caller.faults[0].message


def test_so_is_a_workload(rig: KeptRig) -> None:
    interrupted(rig, workload="must")
    rig.config = snapshot(YAML.replace("must", "may"))
    assert rig.come_back().refusal == (410, "exchange_gone")


def test_what_its_caller_took_back_cannot_be_gone_on_with(rig: KeptRig) -> None:
    rig.start(rig.job(workload="must"))
    rig.streams(*WHOLE[:2])
    rig.run().caller.cancel(CANCELLED)
    assert rig.come_back().refusal == (410, "exchange_gone")
    assert len(rig.attempts) == 1


def test_what_is_there_needs_no_model(rig: KeptRig) -> None:
    whole = answered(rig)
    rig.config = snapshot(YAML.replace("claude", "another"))
    assert rig.come_back().body == whole


def test_the_configuration_of_today_decides_who_goes_on(rig: KeptRig) -> None:
    interrupted(rig)
    rig.config = snapshot(YAML.replace("//alpha", "//omega"))
    rig.come_back()
    assert rig.attempt.command.url.startswith("http://omega/")


def test_without_drafts_nothing_can_be_resumed(tmp_path: Path) -> None:
    for forgetful in kept_rig(tmp_path / "state", keeps=False):
        forgetful.start()
        assert forgetful.come_back().refusal == (404, "exchange_not_found")
        caller = Listener()
        forgetful.resumption.standing("ex_1", caller, caller.refuse)
        assert caller.refusal == (404, "exchange_not_found")
        assert "drafts: off" in caller.faults[0].message
        forgetful.resumption.pick_up()


# -- where it stands


def standing(rig: KeptRig, state: str, events: int = 3, status: int | None = 200, resumed: int = 0) -> Standing:
    opening = rig.kept().opening
    return Standing("ex_1", state, "anthropic", "claude", True, opening.durable, opening.at, events, status, resumed)  # noqa: FBT003


def test_where_it_stands(rig: KeptRig) -> None:
    caller = rig.start()
    assert rig.standing() == standing(rig, "running", 0, None)
    rig.streams(*WHOLE[:2])
    assert rig.standing() == standing(rig, "running")
    caller.leave()
    rig.settle()
    assert rig.standing() == standing(rig, "interrupted")
    rig.come_back()
    rig.streams(OPENING, said(" world."), ENDING)
    rig.closes()
    assert rig.standing() == standing(rig, "complete", 7, resumed=1)


def test_where_it_stands_once_cancelled(rig: KeptRig) -> None:
    rig.start(rig.job(workload="must"))
    rig.streams(*WHOLE[:2])
    rig.run().caller.cancel(CANCELLED)
    assert rig.standing() == standing(rig, "cancelled")


def test_where_a_plain_answer_stands(rig: KeptRig) -> None:
    rig.start(rig.job(stream=False, workload="must"))
    assert rig.standing().status is None
    rig.replies()
    found = rig.standing()
    assert (found.state, found.status, found.stream, found.durable) == ("complete", 200, False, True)


def test_where_an_exchange_stands_that_was_answered_with_an_error(rig: KeptRig) -> None:
    rig.start(rig.job(stream=False, workload="must"))
    rig.replies(400, b'{"type":"error","error":{"type":"invalid_request_error","message":"no"}}')
    found = rig.standing()
    assert (found.state, found.status) == ("failed", 400)


# -- behind which event


@pytest.mark.parametrize(
    ("query", "after"),
    [("", 7), ("after=", None), ("after=0", 0), ("x=1&after=12", 12), ("after=1&after=2", 1), ("afterwards=3", 7)],
)
def test_a_place_is_read(query: str, after: int | None) -> None:
    found = read_after(query, "after", otherwise=7)
    if after is None:
        assert isinstance(found, Fault)
        assert (found.status, found.code, found.blame) == (400, "invalid_after", Blame.CALLER)
    else:
        assert found == after


def test_without_a_place_it_is_the_beginning() -> None:
    assert read_after("", "after") == 0


@given(st.text(max_size=20))
def test_a_place_is_a_whole_number_or_refused(text: str) -> None:
    found = read_after(f"after={text}", "after")
    assert isinstance(found, Fault) or 0 <= found < 10**12

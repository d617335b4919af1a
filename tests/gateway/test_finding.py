"""Who may find what: every door with an id in its path is shut to other tenants, here and elsewhere."""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from mainstay.gateway.drafts.elsewhere import Far
from mainstay.gateway.drafts.entries import Missing
from mainstay.gateway.drafts.links import link_name
from mainstay.gateway.finding import UNKNOWN, Found
from mainstay.model.fault import Fault
from mainstay.model.identity import LOCAL, Identity
from tests.gateway.kept_rig import KeptRig, kept_rig
from tests.gateway.listener import Listener
from tests.gateway.talk import WHOLE, whole_response
from tests.wire.openai_responses.native import Native

ACME, ZENITH = Identity("acme", token="tok_1", name="build server"), Identity("zenith")
Door = Callable[[KeptRig, str, Identity], Listener]


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[KeptRig]:
    yield from kept_rig(tmp_path / "state")


@pytest.fixture
def second(tmp_path: Path) -> Iterator[KeptRig]:
    yield from kept_rig(tmp_path / "state", worker=1)


def of_acme(rig: KeptRig, *, background: bool = False, ends: bool = True) -> None:
    """The response `resp_a`, or one in the background, of one tenant."""
    job = rig.response_job(background=True) if background else rig.response_job()
    caller = Listener()
    rig.responses.serve(msgspec.structs.replace(job, identity=ACME), caller, caller.refuse)
    rig.settle()
    if ends and not background:
        rig.replies(200, whole_response("resp_a", "Hello"))
    rig.pass_seconds(0.5)


def get(rig: KeptRig, response: str, asker: Identity) -> Listener:
    return rig.visit("GET", f"/v1/responses/{response}", asker)


def follow(rig: KeptRig, response: str, asker: Identity) -> Listener:
    return rig.visit("GET", f"/v1/responses/{response}?stream=true", asker)


def cancel(rig: KeptRig, response: str, asker: Identity) -> Listener:
    return rig.visit("POST", f"/v1/responses/{response}/cancel", asker)


def delete(rig: KeptRig, response: str, asker: Identity) -> Listener:
    return rig.visit("DELETE", f"/v1/responses/{response}", asker)


def previous(rig: KeptRig, response: str, asker: Identity) -> Listener:
    caller = Listener()
    job = msgspec.structs.replace(rig.response_job(previous_response_id=response), identity=asker)
    rig.responses.serve(job, caller, caller.refuse)
    rig.settle()
    return caller


DOORS = [get, follow, cancel, delete, previous]


@pytest.mark.parametrize("door", DOORS)
def test_another_tenants_response_is_not_there(rig: KeptRig, second: KeptRig, door: Door) -> None:
    of_acme(rig)
    for one in (rig, second):
        foreign = door(one, "resp_a", ZENITH).faults
        unknown = door(one, "resp_n", ZENITH).faults
        assert [fault.status for fault in foreign] == [404]
        assert foreign[0].message.replace("resp_a", "resp_n") == unknown[0].message
        assert foreign[0].code == unknown[0].code
    assert len(rig.attempts) == 1
    assert get(second, "resp_a", ACME).answer.body == whole_response("resp_a", "Hello")


@pytest.mark.parametrize("door", DOORS)
def test_nor_while_it_runs(rig: KeptRig, second: KeptRig, door: Door) -> None:
    of_acme(rig, background=True)
    for one in (rig, second):
        assert door(one, "resp_1", ZENITH).refusal == (404, "response_not_found")
    assert (rig.running, rig.outcome()) == (1, "")


@pytest.mark.parametrize("door", [get, follow, cancel, delete])
def test_its_own_tenant_finds_it(rig: KeptRig, door: Door) -> None:
    of_acme(rig)
    assert door(rig, "resp_a", ACME).faults == []


def test_another_tenants_exchange_is_not_there(rig: KeptRig, second: KeptRig) -> None:
    caller = Listener()
    rig.runs.start(msgspec.structs.replace(rig.job(), identity=ACME), caller)
    rig.streams(*WHOLE[:2])
    rig.pass_seconds(0.5)
    unknown = rig.come_back(identity="ex_never", asker=ZENITH).faults
    for state in ("running", "interrupted"):
        for one in (rig, second):
            assert one.come_back(asker=ZENITH).faults == unknown
            assert one.asks_how(asker=ZENITH).faults == unknown
        assert state.encode() in rig.asks_how(asker=ACME).answer.body
        caller.leave()
        rig.settle()
    assert len(rig.attempts) == 1


def test_it_is_looked_for_by_the_same_way(rig: KeptRig, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another tenant has costs as many steps as what nobody has."""
    of_acme(rig)
    looked: list[str] = []
    elsewhere = rig.world.store.elsewhere
    load = elsewhere.load

    def watched(exchange_id: str, done: Callable[[Far | Missing], None]) -> None:
        looked.append(exchange_id)
        load(exchange_id, done)

    monkeypatch.setattr(elsewhere, "load", watched)
    for identity in ("ex_1", "ex_never"):
        rig.asks_how(identity, ZENITH)
    assert looked == ["ex_1", "ex_never"]


def test_what_is_gone_on_with_stays_its_tenants(rig: KeptRig) -> None:
    job = msgspec.structs.replace(rig.job(workload="must"), identity=ACME)
    rig.start(job)
    rig.die()
    payers: list[str] = []
    rig.resumption._purse_of = lambda identity: payers.append(identity.tenant)
    rig.resumption.pick_up()
    rig.settle()
    identity = rig.run().job.identity
    assert (identity.tenant, identity.token, payers) == ("acme", "tok_1", ["acme"])
    assert rig.come_back(asker=LOCAL).refusal == (404, "exchange_not_found")


def test_a_tenant_may_follow_his_own_response_alone(rig: KeptRig) -> None:
    """Providers do not know our tenants: what is not kept here is not asked for there."""
    assert previous(rig, "resp_theirs", ACME).refusal == (404, "response_not_found")
    assert rig.attempts == []
    previous(rig, "resp_theirs", LOCAL)
    assert len(rig.attempts) == 1


def test_what_is_found_says_whether_it_is_here(rig: KeptRig, second: KeptRig) -> None:
    of_acme(rig)
    found: list[Found | Missing] = []
    for one in (rig, second):
        one.resumption.finding.find("ex_1", ACME, found.append)
        one.settle()
    here, there = found
    assert isinstance(here, Found)
    assert isinstance(there, Found)
    assert (here.seen, here.is_written) == (None, False)
    assert there.seen is not None
    second.resumption.finding.find("ex_1", ZENITH, found.append)
    second.settle()
    assert found[-1] == UNKNOWN


def test_a_response_of_another_worker_is_followed_cancelled_and_deleted(rig: KeptRig, second: KeptRig) -> None:
    of_acme(rig)
    follower = previous(second, "resp_a", ACME)
    assert follower.faults == []
    assert b"Hello" in second.run("ex_here1_1").draft.opening.body
    of_acme(rig, background=True)
    path = rig.run("ex_2").draft.opening.response_id
    cancelling = second.knock("POST", f"/v1/responses/{path}/cancel", ACME)
    for _ in range(4):
        second.pass_seconds(0.25)
        rig.pass_seconds(0.25)
    assert b'"cancelled"' in cancelling.answer.body
    assert rig.outcome("ex_2") == "cancelled"
    assert b'"deleted":true' in delete(second, "resp_a", ACME).answer.body
    assert get(rig, "resp_a", ACME).refusal == (404, "response_not_found")


def test_what_runs_elsewhere_is_deleted_there(rig: KeptRig, second: KeptRig) -> None:
    of_acme(rig, background=True)
    deleting = second.knock("DELETE", "/v1/responses/resp_1", ACME)
    for _ in range(4):
        second.pass_seconds(0.25)
        rig.pass_seconds(0.25)
    assert b'"deleted":true' in deleting.answer.body
    assert (rig.running, rig.world.files()) == (0, [])


def test_a_worker_that_does_not_hear_is_not_said_to_have_stopped(rig: KeptRig, second: KeptRig) -> None:
    of_acme(rig, background=True)
    cancelling = second.knock("POST", "/v1/responses/resp_1/cancel", ACME)
    second.pass_seconds(10.0)
    assert cancelling.refusal == (503, "draft_unavailable")
    assert rig.running == 1


def test_only_what_runs_in_the_background_can_be_cancelled_from_elsewhere(rig: KeptRig, second: KeptRig) -> None:
    job = msgspec.structs.replace(rig.response_job(), identity=ACME)
    fault: list[Fault] = []
    rig.responses.serve(job, Listener(), fault.append)
    rig.settle()
    rig.world.store.link("resp_x", rig.run().draft)
    rig.pass_seconds(0.5)
    assert link_name("resp_x") in [path.name for path in (rig.world.folder / "responses").iterdir()]
    assert cancel(second, "resp_x", ACME).refusal == (400, "invalid_request_error")
    assert b'"queued"' in get(second, "resp_x", ACME).answer.body


def test_a_response_is_still_found_after_its_exchange_was_taken_over(rig: KeptRig, second: KeptRig) -> None:
    caller = Listener()
    rig.responses.serve(rig.response_job(stream=True), caller, caller.refuse)
    rig.settle()
    native = Native("resp_a")
    rig.streams(native.begin(), native.said("Hel"))
    rig.pass_seconds(0.5)
    caller.leave()
    rig.settle()
    again = second.visit("GET", "/v1/responses/resp_a?stream=true")
    assert again.begun
    second.settle()
    assert len(second.attempts) == 1
    rig.die()
    assert (second.world.folder / "responses" / link_name("resp_a")).exists()
    assert second.visit("GET", "/v1/responses/resp_a").faults == []
    assert rig.visit("GET", "/v1/responses/resp_a").faults == []

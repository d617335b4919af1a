"""Idempotency keys: sent again, served once."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from mainstay.gateway.drafts.claims import CLAIMS_FOLDER
from mainstay.gateway.idempotency import LOOK_AGAIN_SECONDS, LOOKS_MAX, LOOKS_WHILE_UNREADABLE_MAX
from mainstay.gateway.repeating import HEADER
from mainstay.gateway.runs import Job
from mainstay.model.fault import Fault
from mainstay.model.identity import Identity
from tests.gateway.drafts.cloud import Cloud
from tests.gateway.kept_rig import KeptRig, kept_rig
from tests.gateway.listener import Listener
from tests.gateway.rig import ANSWER
from tests.gateway.talk import ENDING, OPENING, WHOLE, said, text_of, whole_response

KEY = "key-1"
ACME, ZENITH = Identity("acme"), Identity("zenith")


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[KeptRig]:
    yield from kept_rig(tmp_path / "state")


@pytest.fixture
def second(tmp_path: Path) -> Iterator[KeptRig]:
    """Another worker of the same machine."""
    yield from kept_rig(tmp_path / "state", worker=1)


def sends(rig: KeptRig, job: Job | None = None, key: str = KEY) -> Listener:
    """A caller sends a request with a key; what the disk has to say about it is waited for."""
    caller = send(rig, job, key)
    rig.settle()
    return caller


def send(rig: KeptRig, job: Job | None = None, key: str = KEY) -> Listener:
    caller = Listener()
    job = job or rig.job(stream=False)

    def start(job: Job, live: object, otherwise: object) -> None:
        if job.call.dialect == "openai-responses":
            rig.responses.serve(job, live, otherwise)  # type: ignore[arg-type] # as the app hands them over
        else:
            rig.runs.start(job, live, lambda run: otherwise(run) if isinstance(run, Fault) else None)  # type: ignore[arg-type, operator] # as above

    rig.idempotency.serve(job, key, caller, caller.refuse, start)
    return caller


def mark(caller: Listener) -> str | None:
    """What the answer says of being repeated."""
    return dict(caller.headers or caller.answer.headers).get(HEADER)


def claims(rig: KeptRig) -> list[Path]:
    return sorted((rig.world.state / CLAIMS_FOLDER).glob("??/*"))


def changed(rig: KeptRig) -> Job:
    """The same request with another body."""
    job = rig.job(stream=False)
    return msgspec.structs.replace(job, call=msgspec.structs.replace(job.call, body=job.call.body + b" "))


# -- once


def test_the_first_is_served_as_ever(rig: KeptRig) -> None:
    caller = sends(rig)
    rig.replies()
    assert (caller.answer.body, mark(caller)) == (ANSWER, None)
    assert (len(claims(rig)), rig.kept().opening.exchange_id) == (1, "ex_1")


def test_sent_again_it_gets_the_same_answer_and_costs_nothing(rig: KeptRig) -> None:
    first = sends(rig)
    rig.replies()
    again = sends(rig)
    assert (again.answer.status, again.answer.body) == (200, ANSWER)
    assert again.answer.headers == (*first.answer.headers, (HEADER, "replayed"))
    assert len(rig.attempts) == 1
    *_, record = rig.exchanges
    assert (record.outcome, record.attempts, record.repeats, record.status) == ("answered", 0, "ex_1", 200)
    assert (record.input_tokens, record.model_asked, record.kind) == (0, "claude", "answer")


@pytest.mark.parametrize("workload", ["default", "must"])
def test_a_stream_too(rig: KeptRig, workload: str) -> None:
    first = sends(rig, rig.job(workload=workload))
    rig.streams(*WHOLE)
    rig.closes()
    again = sends(rig, rig.job(workload=workload))
    assert (again.body, again.end) == (first.body, "finish")
    assert again.headers == (*first.headers, (HEADER, "replayed"))
    assert [record.repeats for record in rig.exchanges] == ["", "ex_1"]


def test_fifty_at_once_are_one_call(rig: KeptRig) -> None:
    callers = [send(rig) for _ in range(50)]
    rig.settle()
    assert len(rig.attempts) == 1
    rig.replies()
    rig.settle()
    assert [caller.answer.body for caller in callers] == [ANSWER] * 50
    assert sorted(mark(caller) or "" for caller in callers) == [""] + ["attached"] * 49
    assert [record.outcome for record in rig.exchanges] == ["answered"] * 50
    assert sum(record.attempts for record in rig.exchanges) == 1


def test_who_comes_while_the_first_streams_gets_it_from_the_beginning(rig: KeptRig) -> None:
    first = sends(rig, rig.job())
    rig.streams(*WHOLE[:2])
    again = sends(rig, rig.job())
    assert again.body == first.body
    rig.goes_on(*WHOLE[2:])
    rig.closes()
    assert (again.body, again.end, mark(again)) == (b"".join(WHOLE), "finish", "attached")
    assert len(rig.attempts) == 1


def test_a_repeated_caller_keeps_alive_what_the_first_has_left(rig: KeptRig) -> None:
    first = sends(rig)
    again = sends(rig)
    first.leave()
    rig.settle()
    rig.replies()
    assert again.answer.body == ANSWER


def test_one_who_leaves_is_recorded_as_such(rig: KeptRig) -> None:
    sends(rig)
    sends(rig).leave()
    rig.replies()
    assert [record.outcome for record in rig.exchanges] == ["left", "answered"]
    assert rig.exchanges[0].repeats == "ex_1"


# -- whose key it is


def test_another_body_under_the_same_key_is_refused(rig: KeptRig) -> None:
    sends(rig)
    rig.replies()
    caller = sends(rig, changed(rig))
    assert caller.refusal == (409, "idempotency_key_reused")
    assert ("x-should-retry", "false") in caller.faults[0].headers
    assert len(rig.attempts) == 1


def test_another_key_is_another_request(rig: KeptRig) -> None:
    sends(rig)
    sends(rig, key="key-2")
    assert (len(rig.attempts), len(claims(rig))) == (2, 2)


def test_tenants_have_keys_of_their_own(rig: KeptRig) -> None:
    for identity in (ACME, ZENITH):
        sends(rig, msgspec.structs.replace(rig.job(stream=False), identity=identity))
    assert (len(rig.attempts), len(claims(rig))) == (2, 2)
    assert sends(rig, msgspec.structs.replace(changed(rig), identity=ACME)).refusal[0] == 409


def test_doors_have_keys_of_their_own(rig: KeptRig) -> None:
    sends(rig)
    sends(rig, rig.response_job())
    assert len(rig.attempts) == 2


def test_without_drafts_a_key_cannot_be_honoured(tmp_path: Path) -> None:
    for forgetful in kept_rig(tmp_path / "state", keeps=False):
        assert sends(forgetful).refusal == (400, "idempotency_unavailable")
        assert forgetful.attempts == []


def test_nothing_of_the_key_or_the_body_stands_in_the_claim(rig: KeptRig) -> None:
    sends(rig, key="canary-key")
    (path,) = claims(rig)
    assert b"canary" not in path.read_bytes() + str(path).encode()


# -- where the first came to nothing


def test_after_a_failure_it_is_served_anew_once(rig: KeptRig) -> None:
    first = sends(rig)
    while not first.end:
        rig.replies(500, b"{}")
        rig.clock.advance(5.0)
    failures = len(rig.attempts)
    again, third = send(rig), send(rig)
    rig.settle()
    assert len(rig.attempts) == failures + 1
    rig.replies()
    assert (again.answer.body, third.answer.body) == (ANSWER, ANSWER)
    assert {mark(again), mark(third)} == {None, "attached"}
    assert sends(rig).answer.body == ANSWER
    assert len(rig.attempts) == failures + 1


def test_what_its_caller_left_is_gone_on_with(rig: KeptRig) -> None:
    first = sends(rig, rig.job())
    rig.streams(*WHOLE[:2])
    first.leave()
    rig.settle()
    again = sends(rig, rig.job())
    rig.streams(OPENING, said("world."), ENDING)
    assert (again.end, text_of(again.body), mark(again)) == ("finish", "Hello world.", "resumed")


def test_a_plain_one_that_its_caller_left_is_asked_for_again(rig: KeptRig) -> None:
    sends(rig).leave()
    rig.settle()
    again = sends(rig)
    rig.replies()
    assert (again.answer.body, mark(again), len(rig.attempts)) == (ANSWER, "resumed", 2)


def test_a_claim_whose_process_died_before_it_dispatched_is_taken(rig: KeptRig) -> None:
    store = rig.world.store
    job = rig.job(stream=False)
    name = store.claims.name("local", "/v1/messages", KEY)
    store.claims.claim(name, store.claims.new("ex_lost", store.claims.digest(job.call.body)), lambda _: None)
    rig.be_killed()
    rig.be_born()
    caller = sends(rig)
    rig.replies()
    assert (caller.answer.body, len(rig.attempts)) == (ANSWER, 1)


def test_a_claim_that_leads_nowhere_is_waited_for_a_while(rig: KeptRig) -> None:
    store = rig.world.store
    name = store.claims.name("local", "/v1/messages", KEY)
    claim = store.claims.new("ex_slow", store.claims.digest(rig.job(stream=False).call.body))
    store.claims.claim(name, claim, lambda _: None)
    caller = sends(rig)
    rig.pass_seconds(LOOKS_MAX * 0.25 - 1.0)
    assert rig.attempts == []
    rig.pass_seconds(2.0)
    rig.replies()
    assert caller.answer.body == ANSWER


def test_a_request_that_is_refused_frees_its_key(rig: KeptRig) -> None:
    job = rig.response_job(previous_response_id="resp_never")
    other = msgspec.structs.replace(job, identity=ACME)
    assert sends(rig, other).refusal == (404, "response_not_found")
    assert claims(rig) == []


def test_one_who_leaves_before_his_claim_is_known_frees_it(rig: KeptRig) -> None:
    caller = send(rig)
    caller.leave()
    rig.settle()
    assert (claims(rig), rig.attempts) == ([], [])


def test_a_disk_that_takes_no_claims_is_said_to(rig: KeptRig) -> None:
    rig.world.disk.refuses = 28
    caller = sends(rig)
    rig.replies()
    assert (caller.answer.body, mark(caller)) == (ANSWER, "not kept on disk")


# -- responses in the background


def test_a_response_in_the_background_is_begun_once(rig: KeptRig) -> None:
    first = sends(rig, rig.response_job(background=True))
    again = sends(rig, rig.response_job(background=True))
    assert len(rig.attempts) == 1
    one, other = (msgspec.json.decode(caller.answer.body) for caller in (first, again))
    assert (one["id"], other["id"], other["status"]) == ("resp_1", "resp_1", "queued")
    assert mark(again) == "attached"


def test_a_stored_response_is_given_again(rig: KeptRig) -> None:
    sends(rig, rig.response_job())
    rig.replies(200, whole_response("resp_a", "Hello"))
    again = sends(rig, rig.response_job())
    assert (again.answer.body, mark(again)) == (whole_response("resp_a", "Hello"), "replayed")


# -- several workers, several replicas


def test_two_workers_serve_it_once(rig: KeptRig, second: KeptRig) -> None:
    first = sends(rig)
    rig.pass_seconds(0.25)
    again = sends(second)
    assert (len(rig.attempts), second.attempts) == (1, [])
    rig.replies()
    second.pass_seconds(1.0)
    assert (again.answer.body, mark(again)) == (ANSWER, "attached")
    assert sends(second).answer.headers == (*first.answer.headers, (HEADER, "replayed"))


def test_a_worker_that_died_leaves_its_work_to_the_others(rig: KeptRig, second: KeptRig) -> None:
    sends(rig, rig.job())
    rig.streams(*WHOLE[:2])
    rig.world.loop.pass_seconds(0.25)
    rig.be_killed()
    again = sends(second, second.job())
    second.streams(OPENING, said("world."), ENDING)
    assert (again.end, text_of(again.body)) == ("finish", "Hello world.")
    rig.be_born()


def test_a_worker_killed_between_claim_and_dispatch_leaves_the_key_to_the_others(rig: KeptRig, second: KeptRig) -> None:
    store = rig.world.store
    name = store.claims.name("local", "/v1/messages", KEY)
    claim = store.claims.new("ex_lost", store.claims.digest(rig.job(stream=False).call.body))
    store.claims.claim(name, claim, lambda _: None)
    rig.be_killed()
    caller = sends(second)
    second.replies()
    assert caller.answer.body == ANSWER
    rig.be_born()


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


@pytest.fixture
def here(tmp_path: Path, cloud: Cloud) -> Iterator[KeptRig]:
    yield from kept_rig(tmp_path / "here", cloud=cloud)


@pytest.fixture
def there(tmp_path: Path, cloud: Cloud) -> Iterator[KeptRig]:
    yield from kept_rig(tmp_path / "there", gateway="there", cloud=cloud)


def test_two_replicas_serve_it_once(here: KeptRig, there: KeptRig) -> None:
    first = sends(here)
    again = sends(there)
    assert there.attempts == []
    here.replies()
    here.pass_seconds(1.0)
    there.pass_seconds(1.0)
    assert (again.answer.body, mark(again)) == (ANSWER, "replayed")
    assert sends(there).answer.headers == (*first.answer.headers, (HEADER, "replayed"))


def test_replicas_refuse_each_others_keys_for_other_bodies(here: KeptRig, there: KeptRig) -> None:
    sends(here)
    assert sends(there, changed(there)).refusal == (409, "idempotency_key_reused")
    assert sends(there, changed(there)).refusal == (409, "idempotency_key_reused")


def test_while_the_shared_store_hangs_each_goes_on_alone_and_says_so(
    here: KeptRig, there: KeptRig, cloud: Cloud
) -> None:
    cloud.paused = True
    callers = [sends(one) for one in (here, there)]
    for one in (here, there):
        one.replies()
    assert [caller.answer.body for caller in callers] == [ANSWER] * 2
    assert [mark(caller) for caller in callers] == ["this machine only"] * 2
    assert mark(sends(here)) == "replayed"


def test_while_the_shared_store_hangs_the_other_workers_of_the_machine_wait_for_its_disk(
    here: KeptRig, cloud: Cloud, tmp_path: Path
) -> None:
    for other in kept_rig(tmp_path / "here", worker=1, cloud=cloud):
        cloud.paused = True
        sends(here)
        again = sends(other)
        here.replies()
        here.pass_seconds(0.5)
        other.pass_seconds(0.5)
        assert (again.answer.body, mark(again), other.attempts) == (ANSWER, "replayed", [])


def test_an_answer_that_cannot_be_read_for_a_moment_is_waited_for(here: KeptRig, there: KeptRig, cloud: Cloud) -> None:
    sends(here)
    here.replies()
    here.pass_seconds(0.5)
    # Now this machine knows the claim.
    assert mark(sends(there)) == "replayed"
    cloud.paused = True
    callers = [sends(there), sends(there)]
    there.pass_seconds(LOOK_AGAIN_SECONDS)
    cloud.paused = False
    there.pass_seconds(LOOK_AGAIN_SECONDS)
    assert [mark(caller) for caller in callers] == ["replayed"] * 2
    cloud.paused = True
    refused = sends(there)
    there.pass_seconds(LOOK_AGAIN_SECONDS * (LOOKS_WHILE_UNREADABLE_MAX + 1))
    assert refused.refusal == (503, "draft_unavailable")
    assert there.attempts == []

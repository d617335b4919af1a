"""Trials over real sockets, by the real engine and client, against the fake provider."""

import asyncio
from collections.abc import Iterator
from typing import cast

import msgspec
import pytest

from mainstay.gateway.doctor import trial
from mainstay.gateway.doctor.question import HEADERS, PATHS, Question, body_of
from mainstay.gateway.doctor.trial import Seen, Subject, _Ear, _problem, ask
from mainstay.gateway.driver import Upstreams
from mainstay.lab.provider.request import Personality
from mainstay.lab.provider.thread import FakeProviderThread
from mainstay.model.call import Call
from mainstay.model.catalogue import Credential, Limits
from mainstay.model.fault import FaultKind
from mainstay.wire.registry import DIALECTS
from tests.gateway.doctor.wards import KEY, MAIN, candidate, room


@pytest.fixture
def provider() -> Iterator[FakeProviderThread]:
    with FakeProviderThread(personality=Personality(key=KEY)) as provider:
        yield provider


def at(
    provider: FakeProviderThread, dialect: str = "anthropic", *, credential: Credential = MAIN, model: str = "claude"
) -> Subject:
    roots = {"anthropic": "", "gemini": "/v1beta"}
    url = provider.url + roots.get(dialect, "/v1")
    return Subject(candidate(dialect=dialect, model=model, url=url, credentials=(credential,)), credential)


def tried(subject: Subject, question: Question, *, listing: bool = False, seconds: float = 10.0) -> Seen:
    async def one() -> Seen:
        async with room(seconds) as here:
            return await ask(here, subject, question, listing=listing)

    return asyncio.run(one())


@pytest.mark.parametrize("caller", PATHS)
@pytest.mark.parametrize("dialect", [*PATHS, "gemini"])
@pytest.mark.parametrize("form", [(False, False), (True, False), (False, True), (True, True)])
def test_every_road_is_proven(provider: FakeProviderThread, caller: str, dialect: str, form: tuple[bool, bool]) -> None:
    found = tried(at(provider, dialect), Question(caller, *form))
    assert (found.fault, found.problem, found.losses) == (None, "", ())
    assert found.is_good
    assert found.first_content_seconds is not None
    assert len(provider.requests) == 1


def test_what_the_provider_tells_of_its_limits_is_kept(provider: FakeProviderThread) -> None:
    for dialect in ("anthropic", "openai-chat"):
        told = tried(at(provider, dialect), Question("anthropic")).told
        assert told is not None
        assert told.requests is not None
        assert told.requests.limit
    assert tried(at(provider, "gemini"), Question("anthropic")).told is None


@pytest.mark.parametrize(
    ("broken", "kind"),
    [
        ("auth", FaultKind.AUTH),
        ("billing", FaultKind.BILLING),
        ("not-found", FaultKind.MODEL_GONE),
        ("throttle:retry_after=3", FaultKind.THROTTLE),
        ("overloaded", FaultKind.OVERLOAD),
        ("server-error", FaultKind.SERVER),
        ("reset-before-headers", FaultKind.CONNECT),
        ("refuse", FaultKind.CONNECT),
        ("html-200", FaultKind.MALFORMED),
        ("empty", FaultKind.EMPTY),
        ("bad-request", FaultKind.REQUEST),
    ],
)
def test_a_fault_is_seen_at_the_first_try_and_nothing_is_tried_again(
    provider: FakeProviderThread, broken: str, kind: FaultKind
) -> None:
    provider.break_with(broken)
    found = tried(at(provider), Question("anthropic"))
    assert found.fault is not None
    assert found.fault.kind is kind
    assert not found.is_good
    assert len(provider.requests) == (0 if broken == "refuse" else 1)


@pytest.mark.parametrize("stream", [False, True])
def test_a_provider_that_hangs_is_given_up_in_time(provider: FakeProviderThread, stream: bool) -> None:  # noqa: FBT001
    provider.break_with("stall")
    found = tried(at(provider), Question("anthropic", stream), seconds=0.3)
    assert found.fault is not None
    assert found.fault.kind is FaultKind.DEADLINE


@pytest.mark.parametrize("broken", ["cut:after=3", "inband-error"])
def test_a_stream_that_breaks_is_no_answer(provider: FakeProviderThread, broken: str) -> None:
    provider.break_with(broken)
    found = tried(at(provider, "openai-chat"), Question("anthropic", stream=True))
    assert not found.is_good
    assert len(provider.requests) == 1


def test_a_wrong_key_is_refused_and_never_told(provider: FakeProviderThread) -> None:
    secret = "sk-a-wrong-key-of-somebody"
    found = tried(at(provider, credential=Credential("main", secret)), Question("anthropic"))
    assert found.fault is not None
    assert found.fault.kind is FaultKind.AUTH
    assert secret not in repr(found)


def test_a_credential_without_a_living_token_is_not_sent(provider: FakeProviderThread) -> None:
    found = tried(at(provider, credential=Credential("main", "{}", renewed=True)), Question("anthropic"))
    assert found.fault is not None
    assert found.fault.code == "no_living_token"
    assert provider.requests == ()


def test_limits_do_not_keep_the_doctor_out(provider: FakeProviderThread) -> None:
    one = at(provider)
    full = Limits(concurrency=1, requests_per_minute=1, reserved=(("others", 1.0),))
    place = msgspec.structs.replace(one.candidate.upstream, limits=full)
    reserved = msgspec.structs.replace(one, candidate=msgspec.structs.replace(one.candidate, upstream=place))
    assert tried(reserved, Question("anthropic")).is_good


def test_models_can_be_asked_for(provider: FakeProviderThread) -> None:
    assert tried(at(provider, model="*"), Question("anthropic"), listing=True).is_good
    (request,) = provider.requests
    assert "GET" in repr(request)


def test_an_answer_without_end_ends_the_trial(provider: FakeProviderThread, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "BYTES_MAX", 500)
    found = tried(at(provider), Question("anthropic", stream=True))
    assert (found.fault, found.problem) == (None, "the answer went on beyond 500 bytes")


def test_an_ear_that_has_heard_too_much_leaves_once() -> None:
    left: list[bool] = []
    ear = _Ear(cast("Upstreams", None))
    ear.on_left = lambda: left.append(True)
    for _ in range(3):
        ear.send(b"x" * trial.BYTES_MAX)
    assert (left, len(ear.data)) == ([True], trial.BYTES_MAX)


def test_a_model_that_thinks_until_its_tokens_are_used_up_has_answered() -> None:
    stream = DIALECTS["anthropic"], call_of(Question("anthropic", stream=True))
    opened = b'event: message_start\ndata: {"type":"message_start","message":{"usage":{"input_tokens":1}}}\n\n'
    cut = b'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"max_tokens"},"usage":{}}\n\n'
    mute = cut.replace(b"max_tokens", b"end_turn")
    end = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
    asked = Question("anthropic", stream=True)
    for data, problem in (
        (opened + cut + end, ""),
        (opened + mute + end, "the stream as its caller gets it says nothing"),
        (opened + cut, "the stream as its caller gets it has no proper end"),
    ):
        ear = _Ear(cast("Upstreams", None))
        ear.data += data
        assert _problem(*stream, ear, asked) == problem


def test_a_whole_answer_is_read_as_its_caller_reads_it() -> None:
    ear = _Ear(cast("Upstreams", None))
    ear.data += b"{}"
    found = _problem(DIALECTS["anthropic"], call_of(Question("anthropic")), ear, Question("anthropic"))
    assert found.startswith("the answer as its caller gets it is no good: ")


def call_of(question: Question) -> Call:
    call = DIALECTS[question.dialect].read_call(
        PATHS[question.dialect], "", HEADERS, body_of(question, candidate(dialect=question.dialect))
    )
    assert isinstance(call, Call)
    return call


def test_a_tool_that_is_not_called_is_a_problem(provider: FakeProviderThread, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "TOOL", "another_tool")
    found = tried(at(provider), Question("anthropic", tool=True))
    assert (found.fault, found.problem) == (None, "it did not call the tool that it had to call")


def test_a_defect_of_ours_is_a_fault(provider: FakeProviderThread, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> Iterator[int]:
        yield 1 // 0

    monkeypatch.setattr(trial, "exchange", broken)
    found = tried(at(provider), Question("anthropic"))
    assert found.fault is not None
    assert found.fault.kind is FaultKind.INTERNAL


def test_a_trial_that_is_given_up_lets_go_of_its_connection(provider: FakeProviderThread) -> None:
    provider.break_with("stall")

    async def one() -> int:
        async with room() as here:
            asking = asyncio.create_task(ask(here, at(provider), Question("anthropic")))
            await asyncio.to_thread(provider.until, lambda: len(provider.requests) == 1)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            await asyncio.sleep(0)
            return here.upstreams.connections  # type: ignore[attr-defined,no-any-return]

    assert asyncio.run(one()) == 0

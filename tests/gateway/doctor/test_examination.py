"""Patients over real sockets, some of them ill."""

import asyncio
from collections.abc import Iterator

import pytest

from mainstay.gateway.doctor import examination
from mainstay.gateway.doctor.examination import AT_ONCE_MAX, Examined, examine
from mainstay.gateway.doctor.question import Question
from mainstay.gateway.doctor.rounds import Patient
from mainstay.gateway.doctor.trial import Room, Seen, Subject
from mainstay.lab.provider.thread import FakeProviderThread
from mainstay.model.catalogue import Candidate, Credential
from tests.gateway.doctor.wards import PLAIN, STREAMED, candidate, room, seen, subject

OWN = Question("openai-chat")


@pytest.fixture
def provider() -> Iterator[FakeProviderThread]:
    with FakeProviderThread() as provider:
        yield provider


def chat(provider: FakeProviderThread, *, model: str = "gpt", passes_through: bool = False) -> Candidate:
    return candidate("beta", "openai-chat", model, url=f"{provider.url}/v1", passes_through=passes_through)


def outcomes(*patients: Patient, why: str = "") -> list[dict[str, str]]:
    return [{check.name: check.outcome for check in one.checks} for one in examined(*patients, why=why)]


def examined(*patients: Patient, why: str = "") -> tuple[Examined, ...]:
    async def all_of_them() -> tuple[Examined, ...]:
        async with room(0.5) as here:
            return await examine(here, patients, lambda _upstream, _credential: why)

    return asyncio.run(all_of_them())


def test_a_healthy_patient(provider: FakeProviderThread) -> None:
    (found,) = examined(Patient(subject(chat(provider)), (OWN, STREAMED)))
    assert {check.name: check.outcome for check in found.checks} == dict.fromkeys(
        ("credential", "model", "answers", "translation"), "ok"
    )
    assert found.told is not None
    assert found.first_content_seconds is not None
    assert len(provider.requests) == 2


def test_a_translation_counts_as_an_answer_where_there_is_no_other(provider: FakeProviderThread) -> None:
    gemini = candidate("gem", "gemini", "flash", url=f"{provider.url}/v1beta")
    (found,) = outcomes(Patient(subject(gemini), (PLAIN, STREAMED)))
    assert found["answers"] == found["translation"] == "ok"


def test_a_translation_is_not_to_blame_for_a_candidate_that_does_not_answer(provider: FakeProviderThread) -> None:
    provider.break_with("auth")
    gemini = candidate("gem", "gemini", "flash", url=f"{provider.url}/v1beta")
    (found,) = outcomes(Patient(subject(gemini), (PLAIN, STREAMED)))
    assert found == {"credential": "failed", "model": "unknown", "answers": "unknown"}


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        ("auth", {"credential": "failed", "model": "unknown", "answers": "unknown"}),
        ("not-found", {"credential": "ok", "model": "failed", "answers": "unknown"}),
        ("throttle", {"credential": "ok", "model": "unknown", "answers": "unknown"}),
        ("stall", {"credential": "unknown", "model": "unknown", "answers": "failed"}),
        ("html-200", {"credential": "unknown", "model": "unknown", "answers": "failed"}),
        ("empty", {"credential": "unknown", "model": "unknown", "answers": "failed"}),
    ],
)
def test_who_does_not_answer_is_not_asked_again(
    provider: FakeProviderThread, broken: str, expected: dict[str, str]
) -> None:
    provider.break_with(broken)
    assert outcomes(Patient(subject(chat(provider)), (OWN, STREAMED))) == [expected]
    assert len(provider.requests) == 1


def test_a_crossing_that_is_refused_fails_while_its_own_dialect_is_well(provider: FakeProviderThread) -> None:
    provider.break_with("ok", 1)
    provider.break_with("bad-request", 1)
    (found,) = examined(Patient(subject(chat(provider)), (OWN, STREAMED)))
    by_name = {check.name: check for check in found.checks}
    assert (by_name["answers"].outcome, by_name["translation"].outcome) == ("ok", "failed")
    assert by_name["translation"].words.startswith("anthropic to openai-chat, streamed: ")


def test_who_stands_for_every_name_is_asked_for_models_alone(provider: FakeProviderThread) -> None:
    (found,) = outcomes(Patient(subject(chat(provider, model="*")), (OWN, STREAMED), listing=True))
    assert found == {"credential": "ok", "model": "unknown", "answers": "ok"}
    assert len(provider.requests) == 1


def test_whom_nobody_can_ask_is_unknown(provider: FakeProviderThread) -> None:
    assert outcomes(Patient(subject(chat(provider)), ())) == [{"model": "unknown"}]
    assert provider.requests == ()


def test_why_a_token_is_dead_is_told(provider: FakeProviderThread) -> None:
    one = Subject(chat(provider), Credential("main", "{}", renewed=True))
    (found,) = examined(Patient(one, (OWN,)), why="HTTP 500")
    assert found.checks[0].words == "main gives no living token: HTTP 500"


def test_the_patients_keep_their_order_and_one_that_is_ill_holds_up_nobody() -> None:
    with FakeProviderThread(fault="stall") as ill, FakeProviderThread() as well:
        found = examined(*(Patient(subject(chat(one)), (OWN,)) for one in (ill, well, ill)))
    assert [one.checks[-1].outcome for one in found] == ["failed", "ok", "failed"]


def test_only_a_few_are_seen_at_once(provider: FakeProviderThread, monkeypatch: pytest.MonkeyPatch) -> None:
    busy: list[int] = [0, 0]

    async def ask(_room: Room, _subject: Subject, _question: Question, *, listing: bool) -> Seen:  # noqa: ARG001 - as the real one
        busy[0] += 1
        busy[1] = max(busy)
        await asyncio.sleep(0)
        busy[0] -= 1
        return seen()

    monkeypatch.setattr(examination, "ask", ask)
    examined(*(Patient(subject(chat(provider)), (OWN, STREAMED)) for _ in range(3 * AT_ONCE_MAX)))
    assert busy == [0, AT_ONCE_MAX]

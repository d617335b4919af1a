import pytest

from mainstay.gateway.doctor.diagnosis import (
    MESSAGE_CHARACTERS_MAX,
    answers_check,
    credential_check,
    model_check,
    told,
    translation_check,
)
from mainstay.gateway.doctor.findings import Check
from mainstay.gateway.doctor.question import Question
from mainstay.gateway.doctor.trial import Seen
from mainstay.model.fault import FaultKind
from tests.gateway.doctor.wards import PLAIN, STREAMED, candidate, fault, seen, subject

CHAT = Question("openai-chat", stream=True)
ALPHA = subject()


def verdict(found: Check | None) -> tuple[str, str]:
    assert found is not None
    return found.outcome, found.words


def test_a_credential_that_gets_an_answer_is_accepted() -> None:
    assert verdict(credential_check(ALPHA, seen(), "")) == ("ok", "main is accepted")
    open_to_all = subject(candidate(credentials=()))
    assert verdict(credential_check(open_to_all, seen(), "")) == ("ok", "none is needed")


@pytest.mark.parametrize(
    ("kind", "outcome", "words"),
    [
        (FaultKind.AUTH, "failed", "main is refused (401 why): check or replace the key under upstreams.alpha.credent"),
        (FaultKind.BILLING, "failed", "main has no money or quota left (401 why): see its account"),
        (FaultKind.MODEL_GONE, "ok", "main is accepted"),
        (FaultKind.THROTTLE, "ok", "main is accepted"),
        (FaultKind.CONNECT, "unknown", "cannot be told without an answer"),
    ],
)
def test_what_faults_say_of_the_credential(kind: FaultKind, outcome: str, words: str) -> None:
    found = credential_check(ALPHA, seen(fault(kind, status=401)), "")
    assert found.outcome == outcome
    assert found.words.startswith(words)


def test_where_no_token_lives_its_service_says_why() -> None:
    dead = seen(fault(FaultKind.AUTH, code="no_living_token"))
    assert verdict(credential_check(ALPHA, dead, "HTTP 500")) == ("failed", "main gives no living token: HTTP 500")
    assert credential_check(ALPHA, dead, "").words == "main gives no living token: its service is silent"


def test_whoever_needs_a_credential_and_has_none_is_told_to_name_one() -> None:
    found = credential_check(subject(candidate(credentials=())), seen(fault(FaultKind.AUTH)), "")
    assert found.words.endswith("name one under upstreams.alpha.credentials")


def test_what_is_known_of_the_model() -> None:
    gone = seen(fault(FaultKind.MODEL_GONE, status=404))
    assert verdict(model_check(ALPHA, seen(), listing=False)) == ("ok", "claude is there")
    assert model_check(ALPHA, gone, listing=False).outcome == "failed"
    assert "correct the candidate's model" in model_check(ALPHA, gone, listing=False).words
    assert model_check(ALPHA, seen(fault(FaultKind.CONNECT)), listing=False).outcome == "unknown"
    assert "--model NAME" in model_check(ALPHA, seen(), listing=True).words


def test_who_passes_names_through_is_not_to_blame_for_names_of_others() -> None:
    through = subject(candidate(passes_through=True))
    assert model_check(through, seen(fault(FaultKind.MODEL_GONE)), listing=False).outcome == "unknown"


def test_an_answer_is_told_with_its_time() -> None:
    assert verdict(answers_check(ALPHA, [seen()], 30)) == ("ok", "plain, in 0.25 s")
    assert answers_check(ALPHA, [seen(), seen(question=STREAMED)], 30).words == "plain, streamed, in 0.25 s"
    assert answers_check(ALPHA, [Seen(PLAIN, None)], 30).words == "plain"


@pytest.mark.parametrize(
    ("kind", "outcome", "words"),
    [
        (FaultKind.DEADLINE, "failed", "no answer within 30 s: see the provider, or raise --seconds for a slow model"),
        (FaultKind.STALL, "failed", "no answer, why: see the provider, or raise its timeouts for a slow model"),
        (FaultKind.CONNECT, "failed", "no connection (why): check base_url http://alpha, its name, firewall and proxy"),
        (FaultKind.OVERLOAD, "failed", "the provider is in trouble (why): try again later"),
        (FaultKind.MALFORMED, "failed", "this is no answer of anthropic (why): check base_url and dialect"),
        (FaultKind.INTERNAL, "failed", "a defect of Mainstay (why): please report it"),
        (FaultKind.EMPTY, "failed", "empty: why"),
        (FaultKind.AUTH, "unknown", "the credential comes first"),
        (FaultKind.MODEL_GONE, "unknown", "the model comes first"),
        (FaultKind.THROTTLE, "unknown", "it is throttled now: see the quota"),
        (FaultKind.NO_CANDIDATE, "unknown", "it is not asked (why)"),
    ],
)
def test_why_there_is_no_answer(kind: FaultKind, outcome: str, words: str) -> None:
    assert verdict(answers_check(ALPHA, [seen(fault(kind))], 30)) == (outcome, words)


def test_a_later_form_that_fails_is_named() -> None:
    bad = seen(fault(FaultKind.EMPTY), STREAMED)
    assert answers_check(ALPHA, [seen(), bad], 30).words == "streamed: empty: why"
    odd = seen(question=STREAMED, problem="no proper end")
    assert verdict(answers_check(ALPHA, [seen(), odd], 30)) == ("failed", "streamed: no proper end")


def test_where_nothing_was_translated_nothing_is_said() -> None:
    assert translation_check(ALPHA, [], 30) is None


def test_a_translation_tells_what_it_loses() -> None:
    lossy = Seen(CHAT, None, losses=("top_k", "top_k"))
    plain = Seen(Question("openai-chat"), None)
    assert verdict(translation_check(ALPHA, [plain], 30)) == ("ok", "openai-chat (plain) to anthropic, nothing lost")
    assert verdict(translation_check(ALPHA, [lossy, plain], 30)) == (
        "ok",
        "openai-chat (streamed, plain) to anthropic, without top_k",
    )


def test_a_translation_that_fails_tells_which_way() -> None:
    bad = seen(fault(FaultKind.NO_CANDIDATE), CHAT)
    assert verdict(translation_check(ALPHA, [bad], 30)) == (
        "failed",
        "openai-chat to anthropic, streamed: it is not asked (why)",
    )
    odd = seen(question=CHAT, problem="no proper end")
    assert verdict(translation_check(ALPHA, [odd], 30))[1].endswith("streamed: no proper end")


def test_what_a_provider_says_is_cut() -> None:
    assert told(fault(FaultKind.SERVER, "x" * 1_000, 500)) == "500 " + "x" * (MESSAGE_CHARACTERS_MAX - 4)

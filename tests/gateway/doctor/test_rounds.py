from pathlib import Path

import msgspec
import pytest

from mainstay.config.load import load_text
from mainstay.config.snapshot import Snapshot
from mainstay.gateway.doctor.question import PATHS, Question
from mainstay.gateway.doctor.rounds import Wanted, candidates_of, is_passed_through, menus_of, rounds
from mainstay.model.catalogue import Capabilities, Credential
from tests.gateway.doctor.wards import MAIN, candidate, menu

YAML = b"""
upstreams:
  alpha: {dialect: anthropic, base_url: "http://alpha"}
  beta: {dialect: openai-chat, base_url: "http://beta/v1", region: us}
models:
  claude: {candidates: [{upstream: alpha}, {upstream: beta, model: gpt, substitute: true}]}
  only: {candidates: [{upstream: alpha, model: claude}]}
workloads:
  never: {substitutes: never}
"""
ALPHA = candidate("alpha")
BETA = candidate("beta", "openai-chat", "gpt")
GAMMA = candidate("gamma", "gemini", "flash")


def snapshot(text: bytes = YAML) -> Snapshot:
    found = load_text(text, Path("/nowhere"), {}).snapshot
    assert found is not None
    return found


def asked(*candidates: object, heard: tuple[str, ...] = (), thorough: bool = False) -> list[tuple[Question, ...]]:
    menus = {"claude": (menu(*candidates),)}  # type: ignore[arg-type]
    return [one.questions for one in rounds(menus, {"claude": heard}, Wanted(thorough=thorough))]


def test_without_a_wish_everything_is_looked_at() -> None:
    menus = menus_of(snapshot(), Wanted())
    assert not isinstance(menus, str)
    assert {model: [one.workload.name for one in its] for model, its in menus.items()} == {
        "claude": ["default", "never"],
        "only": ["default", "never"],
    }


def test_wishes_are_met_once() -> None:
    menus = menus_of(snapshot(), Wanted(("only", "only"), ("never", "never")))
    assert not isinstance(menus, str)
    assert {model: [one.workload.name for one in its] for model, its in menus.items()} == {"only": ["never"]}


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (Wanted(models=("gone",)), "no model 'gone' in the configuration; it has claude, only"),
        (Wanted(workloads=("gone",)), "no workload 'gone' in the configuration; it has default, never"),
    ],
)
def test_a_wish_for_what_is_not_there_is_told(wanted: Wanted, why: str) -> None:
    assert menus_of(snapshot(), wanted) == why


def test_a_wildcard_is_a_model_of_its_own_or_any_that_is_named() -> None:
    wild = snapshot(
        b'{upstreams: {a: {dialect: anthropic, base_url: "http://a"}}, models: {"*": {candidates: [{upstream: a}]}}}'
    )
    every = menus_of(wild, Wanted())
    named = menus_of(wild, Wanted(models=("claude-9",)))
    assert not isinstance(every, str)
    assert not isinstance(named, str)
    assert [one.listing for one in rounds(every, {}, Wanted())] == [True]
    (patient,) = rounds(named, {}, Wanted())
    assert (patient.listing, patient.subject.key) == (False, ("a", "claude-9", ""))
    assert is_passed_through(patient.subject.candidate)


def test_each_pair_is_seen_once_with_each_credential() -> None:
    spare = Credential("spare", "another")
    both = candidate("beta", "openai-chat", "gpt", credentials=(MAIN, spare))
    menus = {"one": (menu(ALPHA, both), menu(both, workload="other")), "two": (menu(both),)}
    assert [one.subject.key for one in rounds(menus, {}, Wanted())] == [
        ("alpha", "claude", "main"),
        ("beta", "gpt", "main"),
        ("beta", "gpt", "spare"),
    ]
    assert candidates_of(menus["one"]) == (ALPHA, both)


def test_a_standby_is_asked_in_its_own_dialect_and_in_that_of_the_first_choice() -> None:
    assert asked(ALPHA, BETA) == [
        (Question("anthropic"),),
        (Question("openai-chat"), Question("anthropic", stream=True)),
    ]


def test_who_speaks_no_callers_dialect_is_asked_through_a_translation_at_once() -> None:
    both = (Question("anthropic"), Question("anthropic", stream=True))
    assert asked(ALPHA, GAMMA)[1] == both
    assert asked(GAMMA)[0] == (Question("openai-chat"), Question("openai-chat", stream=True))


def test_what_callers_spoke_lately_is_tried() -> None:
    assert asked(ALPHA, BETA, heard=("openai-responses", "hologram"))[0] == (
        Question("anthropic"),
        Question("openai-responses", stream=True),
    )


def test_models_with_one_candidate_put_their_questions_together() -> None:
    menus = {"one": (menu(ALPHA, BETA),), "two": (menu(BETA),)}
    (_, beta) = rounds(menus, {"two": ("openai-responses",)}, Wanted())
    assert beta.questions == (
        Question("openai-chat"),
        Question("anthropic", stream=True),
        Question("openai-responses", stream=True),
    )


def test_who_is_thorough_tries_every_dialect_in_every_form_with_a_tool() -> None:
    first, *others = asked(ALPHA, thorough=True)[0]
    assert first == Question("anthropic")
    assert set(others) == {Question(one, stream, tool=True) for one in PATHS for stream in (False, True)}


def test_who_takes_no_tools_is_asked_without() -> None:
    one = msgspec.structs.replace(ALPHA, capabilities=Capabilities(tools=False))
    assert not any(question.tool for question in asked(one, thorough=True)[0])


def test_who_passes_names_through_is_asked_in_its_own_dialect_alone() -> None:
    through = candidate("beta", "openai-chat", "gpt", passes_through=True)
    assert asked(ALPHA, through)[1] == (Question("openai-chat"),)
    assert {one.dialect for one in asked(ALPHA, through, thorough=True)[1]} == {"openai-chat"}
    assert asked(candidate("g", "gemini", "flash", passes_through=True)) == [()]

"""The doctor's question, read as the gateway reads it."""

import msgspec
import pytest

from mainstay.gateway.doctor.question import HEADERS, OUTPUT_TOKENS, PATHS, TOOL, Question, body_of
from mainstay.model.call import Call
from mainstay.model.catalogue import Candidate, Platform
from mainstay.wire.registry import DIALECTS
from tests.gateway.doctor.wards import candidate

QUESTIONS = [Question(one, stream, tool) for one in PATHS for stream in (False, True) for tool in (False, True)]


def tree_of(question: Question, one: Candidate) -> dict[str, object]:
    return msgspec.json.decode(body_of(question, one), type=dict[str, object])


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: f"{one.dialect} {one.words}")
def test_each_dialect_reads_it_as_it_is_meant(question: Question) -> None:
    call = DIALECTS[question.dialect].read_call(
        PATHS[question.dialect], "", HEADERS, body_of(question, candidate(dialect=question.dialect))
    )
    assert isinstance(call, Call)
    assert (call.model, call.stream, call.has_tools) == ("claude", question.stream, question.tool)
    assert call.max_output_tokens == OUTPUT_TOKENS
    assert not call.bound
    assert call.estimated_input_tokens < 200


def test_it_has_words() -> None:
    assert Question("anthropic").words == "plain"
    assert Question("anthropic", stream=True, tool=True).words == "streamed with a tool"


@pytest.mark.parametrize(
    ("dialect", "model", "platform", "name"),
    [
        ("openai-chat", "gpt-5", Platform.DIRECT, "max_completion_tokens"),
        ("openai-chat", "our-deployment", Platform.AZURE, "max_completion_tokens"),
        ("openai-chat", "llama-3", Platform.DIRECT, "max_tokens"),
        ("anthropic", "gpt-5", Platform.DIRECT, "max_tokens"),
    ],
)
def test_the_candidate_decides_how_the_limit_is_called(dialect: str, model: str, platform: Platform, name: str) -> None:
    one = candidate(dialect=dialect, model=model)
    one = msgspec.structs.replace(one, upstream=msgspec.structs.replace(one.upstream, platform=platform))
    tree = tree_of(Question("openai-chat"), one)
    assert tree[name] == OUTPUT_TOKENS
    assert len({"max_tokens", "max_completion_tokens"} & set(tree)) == 1


def test_providers_are_told_not_to_keep_the_answer() -> None:
    assert tree_of(Question("openai-responses"), candidate())["store"] is False


@pytest.mark.parametrize("dialect", PATHS)
def test_the_tool_must_be_called(dialect: str) -> None:
    tree = tree_of(Question(dialect, tool=True), candidate())
    assert TOOL in msgspec.json.encode(tree["tool_choice"]).decode()
    assert "tools" not in tree_of(Question(dialect), candidate())

"""What belongs to one provider stays there: its files, containers and conversations, and its reasoning."""

import msgspec
import pytest

from mainstay.lab.provider.evidence import mark
from mainstay.lab.provider.seen import RequestSeen
from mainstay.lab.provider.thread import FakeProviderThread
from tests.e2e.crossings import Crossing
from tests.e2e.raw import Body, Heard

PROMPT = "Why do bridges hum in 30 words?"
QUESTION: Body = {"role": "user", "content": PROMPT}
MCP_SERVER: Body = {"type": "url", "url": "https://tools.invalid", "name": "tools"}
CONNECTOR: Body = {"type": "mcp", "server_label": "mail", "connector_id": "connector_gmail"}
BOUND: list[tuple[str, Body, str]] = [
    ("anthropic", {"container": "container_1", "messages": [QUESTION]}, "container"),
    ("anthropic", {"mcp_servers": [MCP_SERVER], "messages": [QUESTION]}, "mcp_servers"),
    (
        "anthropic",
        {
            "messages": [
                {"role": "user", "content": [{"type": "document", "source": {"type": "file", "file_id": "file_1"}}]}
            ]
        },
        "file id",
    ),
    (
        "openai-chat",
        {"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "file-1"}}]}]},
        "file id",
    ),
    ("openai-responses", {"input": PROMPT, "conversation": "conv_1"}, "conversation"),
    ("openai-responses", {"input": PROMPT, "previous_response_id": "resp_unknown"}, "previous_response_id"),
    (
        "openai-responses",
        {"input": [{"role": "user", "content": [{"type": "input_file", "file_id": "file-1"}]}]},
        "file id",
    ),
    ("openai-responses", {"input": PROMPT, "tools": [CONNECTOR]}, "mcp"),
]
EACH_BOUND = pytest.mark.parametrize(("caller", "body", "named"), BOUND, ids=[f"{one[0]}-{one[2]}" for one in BOUND])
LIMITED = ("anthropic", "openai-chat")
"""Callers whose requests say `max_tokens`."""


def bound_body(caller: str, body: Body, model: str) -> Body:
    return {"model": model, **body, **({"max_tokens": 500} if caller in LIMITED else {})}


def other(caller: str) -> str:
    return "openai-chat" if caller == "anthropic" else "anthropic"


def requests_for(provider: FakeProviderThread, model: str) -> list[RequestSeen]:
    return [one for one in provider.requests if f'"{model}"'.encode() in one.request.body]


@EACH_BOUND
def test_what_is_bound_to_a_provider_is_tried_there_again_and_nowhere_else(
    caller: str, body: Body, named: str, crossing: Crossing
) -> None:
    model = crossing.road(caller, other(caller))
    crossing.alpha.break_with("overloaded", 2, model=model)
    heard = crossing.post(caller, bound_body(caller, body, model))
    assert heard.status == (529 if caller == "anthropic" else 503)
    assert ("overloaded_error" if caller == "anthropic" else "slow_down") in heard.text
    assert heard.header("x-mainstay-skipped") == f"beta-{other(caller)}: {named} is known to its own provider only"
    assert len(requests_for(crossing.alpha, model)) == 2
    assert requests_for(crossing.beta, model) == []


@EACH_BOUND
def test_what_is_bound_to_a_provider_reaches_it_as_it_was_sent(
    caller: str, body: Body, named: str, crossing: Crossing
) -> None:
    assert named
    sent = bound_body(caller, body, crossing.road(caller, other(caller)))
    heard = crossing.post(caller, sent)
    (seen,) = requests_for(crossing.alpha, str(sent["model"]))
    assert seen.request.body == msgspec.json.encode(sent)
    # Two of them name what this provider has never heard of, and it says so itself.
    assert heard.status in {200, 400, 404}
    assert "x-mainstay-degraded" not in dict(heard.headers)


@EACH_BOUND
def test_where_its_provider_is_no_candidate_what_is_bound_is_refused_by_name(
    caller: str, body: Body, named: str, crossing: Crossing
) -> None:
    model = crossing.road(other(caller))
    heard = crossing.post(caller, bound_body(caller, body, model))
    assert heard.status in {400, 404}
    assert named in heard.text or "resp_unknown" in heard.text
    assert requests_for(crossing.alpha, model) == []


def thinking_turn(crossing: Crossing, model: str, turns: list[Body]) -> tuple[Heard, list[Body]]:
    """One turn of a caller of Responses that keeps its conversation itself, and the conversation behind it."""
    body = {
        "model": model,
        "input": turns,
        "reasoning": {"effort": "high", "summary": "auto"},
        "include": ["reasoning.encrypted_content"],
        "max_output_tokens": 9000,
        "store": False,
    }
    heard = crossing.post("openai-responses", body)
    assert heard.status == 200, heard.text
    return heard, [*turns, *msgspec.json.decode(heard.body, type=_Output).output]


class _Output(msgspec.Struct):
    output: list[Body]


def thinking_blocks(seen: RequestSeen) -> list[Body]:
    """The reasoning that a request of Anthropic's dialect brings back."""
    messages = msgspec.json.decode(seen.request.body, type=_Messages).messages
    blocks = [block for message in messages if isinstance(message.content, list) for block in message.content]
    return [block for block in blocks if block["type"] == "thinking"]


class _Message(msgspec.Struct):
    content: str | list[Body]


class _Messages(msgspec.Struct):
    messages: list[_Message]


def test_reasoning_comes_back_to_its_issuer_and_goes_to_nobody_else(crossing: Crossing) -> None:
    model = crossing.road("anthropic", "openai-chat")
    heard, turns = thinking_turn(crossing, model, [QUESTION])
    assert heard.header("x-mainstay-upstream") == "alpha-anthropic"
    reasoning = next(item for item in turns if item.get("type") == "reasoning")
    signature = f"lab-signature-{mark('alpha')}"

    _, turns = thinking_turn(crossing, model, [*turns, QUESTION])
    (given_back,) = thinking_blocks(requests_for(crossing.alpha, model)[-1])
    assert str(given_back["signature"]).startswith(signature)
    assert reasoning["summary"] == [{"type": "summary_text", "text": given_back["thinking"]}]

    crossing.alpha.break_with("overloaded", 1, model=model)
    heard, turns = thinking_turn(crossing, model, [*turns, QUESTION])
    assert heard.header("x-mainstay-upstream") == "beta-openai-chat"
    (elsewhere,) = requests_for(crossing.beta, model)
    assert signature.encode() not in elsewhere.request.body
    assert str(given_back["thinking"]).encode() not in elsewhere.request.body
    assert b"mainstay-sealed" not in elsewhere.request.body

    heard, _ = thinking_turn(crossing, model, [*turns, QUESTION])
    assert heard.header("x-mainstay-upstream") == "alpha-anthropic"
    assert len(thinking_blocks(requests_for(crossing.alpha, model)[-1])) == 2


def test_another_upstream_of_the_same_dialect_is_another_issuer(crossing: Crossing) -> None:
    model = crossing.road("anthropic", "anthropic")
    _, turns = thinking_turn(crossing, model, [QUESTION])
    crossing.alpha.break_with("overloaded", 1, model=model)
    heard, _ = thinking_turn(crossing, model, [*turns, QUESTION])
    # The double refuses what another one has signed.
    assert heard.header("x-mainstay-upstream") == "beta-anthropic"
    assert thinking_blocks(requests_for(crossing.beta, model)[-1]) == []


@pytest.mark.parametrize("kind", ["openai-chat", "openai-responses", "bedrock", "gemini"])
def test_a_caller_of_anthropic_brings_its_reasoning_nowhere_else(kind: str, crossing: Crossing) -> None:
    model = crossing.road("anthropic", kind)
    thinking: Body = {"thinking": {"type": "enabled", "budget_tokens": 2000}, "max_tokens": 4000, "model": model}
    heard = crossing.post("anthropic", {**thinking, "messages": [QUESTION]})
    answer: Body = {"role": "assistant", "content": msgspec.json.decode(heard.body, type=_Message).content}
    assert b'"thinking"' in msgspec.json.encode(answer)
    crossing.alpha.break_with("overloaded", 1, model=model)
    crossing.beta.forget()
    heard = crossing.post("anthropic", {**thinking, "messages": [QUESTION, answer, QUESTION]})
    assert heard.header("x-mainstay-upstream") == f"beta-{kind}"
    assert "thinking of earlier turns" in heard.header("x-mainstay-degraded")
    (elsewhere,) = crossing.beta.requests
    assert b"lab-signature" not in elsewhere.request.body

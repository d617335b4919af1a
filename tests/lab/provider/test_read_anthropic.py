import msgspec
import pytest

from mainstay.lab.provider.ask import Ask, Problem, Result, Said, Thinking
from mainstay.lab.provider.evidence import mark
from mainstay.lab.provider.read_anthropic import read_anthropic


def read(**fields: object) -> Ask | Problem:
    whole = {"model": "claude-demo", "max_tokens": 2000, "messages": [{"role": "user", "content": "hi"}], **fields}
    return read_anthropic(msgspec.json.encode(whole))


def asked(**fields: object) -> Ask:
    ask = read(**fields)
    assert isinstance(ask, Ask)
    return ask


def test_text_and_blocks_say_the_same() -> None:
    blocks = [{"type": "text", "text": "h"}, {"type": "text", "text": "i"}]
    assert asked().conversation == asked(messages=[{"role": "user", "content": blocks}]).conversation


def test_pictures_and_documents_are_seen() -> None:
    blocks = [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}},
        {"type": "document", "source": {"type": "url", "url": "https://example.com/a.pdf"}},
        {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
    ]
    (said,) = asked(messages=[{"role": "user", "content": blocks}]).conversation
    assert said == Said("user", "", ("aGk=", "https://example.com/a.png"), 1)


def test_calls_and_results_are_seen() -> None:
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}}
    content = [{"type": "text", "text": "4"}, picture]
    messages = [
        {"role": "user", "content": "2+2?"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "add", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": content}]},
    ]
    assert asked(messages=messages).conversation[1:] == (
        Said("assistant", "", calls=("t",)),
        Said("user", "", results=(Result("t", "4", ("aGk=",)),)),
    )


def test_all_system_turns_are_one_text() -> None:
    messages = [{"role": "user", "content": "hi"}, {"role": "system", "content": "be brief"}]
    ask = asked(system=[{"type": "text", "text": "be kind"}], messages=messages)
    assert ask.system == "be kind\nbe brief"
    assert ask.conversation == (Said("user", "hi"),)


def test_parameters() -> None:
    ask = asked(temperature=0.5, stop_sequences=["END"], metadata={"user_id": "u"}, output_config={"effort": "low"})
    assert (ask.temperature, ask.stop_sequences, ask.end_user, ask.effort) == (0.5, ("END",), "u", "low")
    assert asked().temperature is None


def test_reasoning_of_earlier_answers_is_claimed_by_its_signer() -> None:
    blocks = [
        {"type": "thinking", "thinking": "hm", "signature": f"lab-signature-{mark('primary')}-01"},
        {"type": "thinking", "thinking": "hm", "signature": "EqQB"},
        {"type": "redacted_thinking", "data": "EqQB"},
        {"type": "text", "text": "Hello."},
    ]
    messages = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": blocks}]
    claims = asked(messages=messages).claims
    assert [claim.maker for claim in claims] == [mark("primary"), "", ""]
    assert claims[0].problem.message == "messages.1.content.0: Invalid `signature` in `thinking` block"


def test_tools_and_the_choice_among_them() -> None:
    tools = [{"name": "one", "input_schema": {"type": "object"}}, {"name": "two"}]
    assert [tool.name for tool in asked(tools=tools).tools] == ["one", "two"]
    assert asked(tools=tools, tool_choice={"type": "any"}).forced_tool == "one"
    assert asked(tools=tools, tool_choice={"type": "tool", "name": "two"}).forced_tool == "two"
    assert asked(tools=tools, tool_choice={"type": "none"}).tools == ()


@pytest.mark.parametrize(
    ("thinking", "said"),
    [
        ({"type": "disabled"}, Thinking.OFF),
        ({"type": "enabled", "budget_tokens": 1024}, Thinking.SHOWN),
        ({"type": "adaptive", "display": "omitted"}, Thinking.OMITTED),
    ],
)
def test_thinking(thinking: dict[str, object], said: Thinking) -> None:
    assert asked(thinking=thinking).thinking is said


def test_a_marked_prefix_counts_as_cached() -> None:
    block = {"type": "text", "text": "x" * 400, "cache_control": {"type": "ephemeral"}}
    ask = asked(system=[block])
    assert ask.cached_tokens == ask.input_tokens // 2 > 0
    assert asked().cached_tokens == 0


def test_a_structured_answer_has_a_schema() -> None:
    config = {"format": {"type": "json_schema", "schema": {"type": "integer"}}}
    schema = asked(output_config=config).schema
    assert schema is not None
    assert schema.type == "integer"


def test_what_is_wrong_is_named() -> None:
    assert read(messages=[]) == Problem("messages: at least one message is required", "messages")
    assert isinstance(read(max_tokens=None), Problem)
    assert isinstance(read_anthropic(b"{"), Problem)
    assert isinstance(read_anthropic(b"[" * 100_000), Problem)
    assert isinstance(read(model=7), Problem)


def test_counting_needs_no_limit() -> None:
    body = msgspec.json.encode({"model": "m", "messages": [{"role": "user", "content": "hi"}]})
    assert isinstance(read_anthropic(body, counting=True), Ask)

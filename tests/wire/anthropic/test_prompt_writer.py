import json
from typing import Any

import msgspec
import pytest
from hypothesis import given

from mainstay.model.call import Call, CallKind
from mainstay.model.catalogue import Capabilities
from mainstay.model.conversation import (
    Effort,
    OutputFormat,
    Prompt,
    Reasoning,
    Sampling,
    Tool,
    ToolChoice,
    ToolMode,
    ToolResult,
)
from mainstay.model.fault import FaultKind
from mainstay.wire.anthropic.prompt_reader import read_prompt
from mainstay.wire.anthropic.request import read_call
from tests.wire.anthropic import official
from tests.wire.anthropic.neutral import (
    GOLDEN,
    PARIS,
    WEATHER,
    assistant,
    barred,
    lossless_prompts,
    prompt,
    system,
    user,
    written,
)

M = ToolMode


def body(asked: Prompt, able: Capabilities | None = None, model: str = "claude-demo") -> dict[str, Any]:
    return official.request(written(asked, able or Capabilities(), model).body)


def losses(asked: Prompt, able: Capabilities | None = None, model: str = "claude-demo") -> tuple[str, ...]:
    return written(asked, able or Capabilities(), model).losses


def read_back(body: bytes) -> Prompt:
    call = read_call("/v1/messages", "", (), body)
    assert isinstance(call, Call)
    assert call.kind is CallKind.ANSWER
    read = read_prompt(call)
    assert isinstance(read, Prompt), read
    return read


def test_a_plain_request() -> None:
    plain = written(prompt())
    assert (plain.path, plain.headers, plain.losses) == ("/v1/messages", (("anthropic-version", "2023-06-01"),), ())
    messages = [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]
    assert official.request(plain.body) == {"model": "claude-demo", "max_tokens": 8192, "messages": messages}


def test_the_golden_request_both_ways() -> None:
    golden = (GOLDEN / "request.json").read_bytes()
    read = read_back(golden)
    assert (read.extras, read.stays) == ((), ())
    again = written(read)
    assert again.losses == ()
    assert official.request(again.body) == json.loads(golden)


@given(lossless_prompts())
def test_what_is_written_reads_back_the_same(asked: Prompt) -> None:
    result = written(asked, Capabilities(system_turns=True))
    assert result.losses == ()
    official.request(result.body)
    assert read_back(result.body) == asked


@given(lossless_prompts())
def test_what_is_read_writes_back_the_same(asked: Prompt) -> None:
    once = written(asked).body
    assert written(read_back(once)).body == once


@pytest.mark.parametrize(
    ("asked", "able", "limit", "lost"),
    [
        (None, None, 8192, ()),
        (None, 4096, 4096, ()),
        (100, 4096, 100, ()),
        (5000, 4096, 4096, ("output limit lowered to 4096 tokens",)),
    ],
)
def test_a_limit_is_always_sent(asked: int | None, able: int | None, limit: int, lost: tuple[str, ...]) -> None:
    result = written(prompt(max_output_tokens=asked), Capabilities(output_tokens=able))
    assert (json.loads(result.body)["max_tokens"], result.losses) == (limit, lost)


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        (None, None),
        (ToolChoice(), {"type": "auto"}),
        (ToolChoice(M.REQUIRED), {"type": "any"}),
        (ToolChoice(M.NAMED, "weather"), {"type": "tool", "name": "weather"}),
        (ToolChoice(M.NONE, parallel=False), {"type": "none"}),
        (ToolChoice(parallel=False), {"type": "auto", "disable_parallel_tool_use": True}),
        (ToolChoice(M.REQUIRED, parallel=True), {"type": "any", "disable_parallel_tool_use": False}),
    ],
)
def test_the_rule_for_tools(choice: ToolChoice | None, sent: dict[str, object] | None) -> None:
    assert body(prompt(tools=(WEATHER,), tool_choice=choice)).get("tool_choice") == sent


def test_a_model_that_calls_one_tool_at_a_time_is_told_so() -> None:
    able = Capabilities(parallel_tools=False)
    sent = {"type": "auto", "disable_parallel_tool_use": True}
    assert body(prompt(tools=(WEATHER,)), able)["tool_choice"] == sent
    assert "tool_choice" not in body(prompt(), able)


def test_a_forced_tool_needs_tools() -> None:
    asked = prompt(tool_choice=ToolChoice(M.REQUIRED))
    assert losses(asked) == ("tool choice without tools",)
    assert "tool_choice" not in body(asked)


def test_tools_that_were_called_are_named_where_none_is_offered() -> None:
    sent = body(prompt(user("Hi"), assistant(PARIS), user(ToolResult(PARIS.id))))
    assert sent["tools"] == [{"name": "weather", "input_schema": {"type": "object"}}]
    assert sent["tool_choice"] == {"type": "none"}


def test_a_schema_of_arguments_is_one_of_an_object() -> None:
    assert body(prompt(tools=(Tool("t", schema=b'{"properties":{}}'),)))["tools"][0]["input_schema"] == {
        "properties": {},
        "type": "object",
    }
    for schema in (b'{"type":"string"}', b"[]", b"nonsense"):
        assert barred(prompt(tools=(Tool("t", schema=schema),))).message == "the arguments of the tool t are no object"


def test_strict_tools_are_closed() -> None:
    tool = Tool("t", schema=b'{"type":"object","properties":{"n":{"type":"integer","minimum":1}}}', strict=True)
    result = written(prompt(tools=(tool,)))
    (sent,) = json.loads(result.body)["tools"]
    assert (sent["strict"], sent["input_schema"]["additionalProperties"]) == (True, False)
    assert result.losses == ("bounds in the schema",)
    unable = Capabilities(structured_output=False)
    assert "strict" not in body(prompt(tools=(tool,)), unable)["tools"][0]
    assert losses(prompt(tools=(tool,)), unable) == ("strict tools",)


def test_a_schema_of_the_answer() -> None:
    schema = {"type": "object", "properties": {}, "additionalProperties": False}
    sent = body(prompt(output_format=OutputFormat(json.dumps(schema).encode())))
    assert sent["output_config"] == {"format": {"type": "json_schema", "schema": schema}}
    fault = barred(prompt(output_format=OutputFormat(b"[]")))
    assert (fault.kind, fault.message) == (FaultKind.NO_CANDIDATE, "a schema of the answer that is no object")


def test_json_mode_becomes_an_instruction() -> None:
    asked = prompt(system("Be brief."), user("Hi"), output_format=OutputFormat())
    assert losses(asked) == ("json mode",)
    texts = [block["text"] for block in body(asked)["system"]]
    assert texts[0] == "Be brief."
    assert "one JSON object" in texts[1]
    assert "output_config" not in body(asked)


@pytest.mark.parametrize(
    ("sampling", "sent", "lost"),
    [
        (Sampling(0.5), {"temperature": 0.5}, ()),
        (Sampling(1.5), {"temperature": 1.0}, ("temperature above 1",)),
        (Sampling(top_p=0.5, top_k=7), {"top_p": 0.5, "top_k": 7}, ()),
        (Sampling(0.5, 0.9), {"temperature": 0.5}, ("top_p",)),
        (Sampling(0.5, 1.0), {"temperature": 0.5}, ()),
        (Sampling(seed=1), {}, ("seed",)),
        (
            Sampling(frequency_penalty=0.1, presence_penalty=0.2),
            {},
            ("frequency_penalty", "presence_penalty"),
        ),
        (Sampling(frequency_penalty=0, presence_penalty=0), {}, ()),
    ],
)
def test_chance(sampling: Sampling, sent: dict[str, float], lost: tuple[str, ...]) -> None:
    asked = prompt(sampling=sampling)
    result = body(asked)
    assert {name: result[name] for name in ("temperature", "top_p", "top_k") if name in result} == sent
    assert losses(asked) == lost


def test_both_kinds_of_chance_go_to_models_of_other_makers() -> None:
    sent = body(prompt(sampling=Sampling(0.5, 0.9)), model="kimi-demo")
    assert (sent["temperature"], sent["top_p"]) == (0.5, 0.9)


def test_a_model_without_chance_is_sent_none() -> None:
    unable = Capabilities(sampling=False)
    assert losses(prompt(sampling=Sampling(0.5, 0.5, 5)), unable) == ("temperature", "top_p", "top_k")
    assert losses(prompt(sampling=Sampling(1.0, 1.0)), unable) == ()
    assert "temperature" not in body(prompt(sampling=Sampling(0.5)), unable)


def test_thinking_leaves_no_room_for_chance() -> None:
    asked = prompt(reasoning=Reasoning(Effort.HIGH), sampling=Sampling(0.5, 0.9, 5))
    assert losses(asked) == ("temperature", "top_p", "top_k")
    sent = body(asked)
    assert {"temperature", "top_p", "top_k"} & set(sent) == set()
    assert body(prompt(reasoning=Reasoning(), sampling=Sampling(1.0, 0.97)))["top_p"] == 0.97


def test_effort_goes_with_a_format() -> None:
    schema = b'{"type":"object","additionalProperties":false}'
    sent = body(prompt(reasoning=Reasoning(Effort.MINIMAL), output_format=OutputFormat(schema)))
    assert sent["output_config"]["effort"] == "low"
    assert sent["output_config"]["format"]["type"] == "json_schema"


def test_blank_stop_sequences_are_left_out() -> None:
    asked = prompt(stop_sequences=("\n", "END"))
    assert (body(asked)["stop_sequences"], losses(asked)) == (["END"], ("stop sequences of white space",))


@pytest.mark.parametrize(
    ("tier", "sent", "lost"),
    [
        ("auto", "auto", ()),
        ("standard", "standard_only", ()),
        ("priority", "auto", ("service tier priority",)),
        ("flex", None, ("service tier flex",)),
    ],
)
def test_the_service_tier(tier: str, sent: str | None, lost: tuple[str, ...]) -> None:
    asked = prompt(service_tier=tier)
    assert (body(asked).get("service_tier"), losses(asked)) == (sent, lost)


def test_whom_the_caller_serves() -> None:
    assert body(prompt(end_user="u"))["metadata"] == {"user_id": "u"}
    assert losses(prompt(end_user="u" * 257)) == ("end user",)
    assert losses(prompt(metadata={"a": "b"})) == ("metadata",)


def test_a_prefill_ends_without_white_space() -> None:
    sent = body(prompt(user("Hi"), assistant("It is \n"), prefill=True))
    assert sent["messages"][-1] == {"role": "assistant", "content": [{"type": "text", "text": "It is"}]}


def test_each_loss_is_named_once() -> None:
    tool = Tool("t", schema=b'{"type":"object","properties":{"n":{"minimum":1},"m":{"minimum":1}}}', strict=True)
    assert losses(prompt(tools=(tool, tool))) == ("bounds in the schema",)


def test_the_first_obstacle_is_told() -> None:
    asked = prompt(user(ToolResult("nobody")), tools=(Tool("t", schema=b"[]"),))
    assert barred(asked).message == "a tool result without its call (nobody)"
    assert barred(msgspec.structs.replace(asked, turns=())).message == "a request without any text"

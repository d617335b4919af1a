"""The official SDKs as callers of each dialect, and what they hear, in words that all share."""

import json
from collections.abc import Sequence

import msgspec
from anthropic import Anthropic
from openai import LengthFinishReasonError, OpenAI
from openai.types.chat import ChatCompletion

MAX_TOKENS = 2_000
TIMEOUT_SECONDS = 30.0
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
"""One red pixel."""
SCHEMA: dict[str, object] = {
    "type": "object",
    "properties": {"place": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["place", "days"],
    "additionalProperties": False,
}
TOOL = "look_up"
"""A tool whose arguments are of `SCHEMA`."""


class Call(msgspec.Struct, frozen=True):
    """A call of a tool that a caller heard; `arguments` decoded."""

    id: str
    name: str
    arguments: dict[str, object]


class Turn(msgspec.Struct, frozen=True):
    """What the assistant said before, and what the tools gave back, in the order of the calls."""

    calls: tuple[Call, ...]
    results: tuple[str, ...]


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked."""

    model: str
    prompt: str
    stream: bool = False
    tools: bool = False
    image: bool = False
    structured: bool = False
    max_tokens: int = MAX_TOKENS
    stop: str = ""
    before: Turn | None = None


class Heard(msgspec.Struct, frozen=True):
    """What was heard. `stop` is `end`, `length`, `tool` or the SDK's own word."""

    text: str
    calls: tuple[Call, ...]
    stop: str
    input_tokens: int
    output_tokens: int


def ask(caller: str, url: str, wish: Wish) -> Heard:
    """Ask with the SDK of this dialect. Raises what the SDK raises."""
    if caller == "anthropic":
        with Anthropic(base_url=url, api_key="caller", max_retries=0, timeout=TIMEOUT_SECONDS) as claude:
            return _anthropic(claude, wish)
    with OpenAI(base_url=f"{url}/v1", api_key="caller", max_retries=0, timeout=TIMEOUT_SECONDS) as client:
        return (_chat if caller == "openai-chat" else _responses)(client, wish)


def _anthropic(client: Anthropic, wish: Wish) -> Heard:
    content: list[dict[str, object]] = [{"type": "text", "text": wish.prompt}]
    if wish.image:
        source = {"type": "base64", "media_type": "image/png", "data": PNG}
        content.append({"type": "image", "source": source})
    messages: list[dict[str, object]] = [{"role": "user", "content": content}]
    if wish.before:
        calls = [{"type": "tool_use", "id": c.id, "name": c.name, "input": c.arguments} for c in wish.before.calls]
        messages.append({"role": "assistant", "content": calls})
        results = [
            {"type": "tool_result", "tool_use_id": call.id, "content": result}
            for call, result in zip(wish.before.calls, wish.before.results, strict=True)
        ]
        messages.append({"role": "user", "content": results})
    body: dict[str, object] = {"model": wish.model, "max_tokens": wish.max_tokens, "messages": messages}
    if wish.tools:
        body["tools"] = [{"name": TOOL, "description": "Looks it up.", "input_schema": SCHEMA}]
    if wish.structured:
        body["output_config"] = {"format": {"type": "json_schema", "schema": SCHEMA}}
    if wish.stop:
        body["stop_sequences"] = [wish.stop]
    if wish.stream:
        with client.messages.stream(**body) as stream:  # type: ignore[arg-type]  # plain JSON, as users write it
            message = stream.get_final_message()
    else:
        message = client.messages.create(**body)  # type: ignore[call-overload]
    words = {"end_turn": "end", "max_tokens": "length", "tool_use": "tool", "stop_sequence": "sequence"}
    return Heard(
        "".join(block.text for block in message.content if block.type == "text"),
        tuple(Call(one.id, one.name, dict(one.input)) for one in message.content if one.type == "tool_use"),
        words.get(message.stop_reason or "", message.stop_reason or ""),
        message.usage.input_tokens,
        message.usage.output_tokens,
    )


def _chat(client: OpenAI, wish: Wish) -> Heard:
    content: list[dict[str, object]] = [{"type": "text", "text": wish.prompt}]
    if wish.image:
        content.append({"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}})
    messages: list[dict[str, object]] = [{"role": "user", "content": content}]
    if wish.before:
        calls = [
            {"id": c.id, "type": "function", "function": {"name": c.name, "arguments": json.dumps(c.arguments)}}
            for c in wish.before.calls
        ]
        messages.append({"role": "assistant", "tool_calls": calls})
        messages += [
            {"role": "tool", "tool_call_id": call.id, "content": result}
            for call, result in zip(wish.before.calls, wish.before.results, strict=True)
        ]
    body: dict[str, object] = {"model": wish.model, "max_completion_tokens": wish.max_tokens, "messages": messages}
    if wish.tools:
        body["tools"] = [{"type": "function", "function": {"name": TOOL, "parameters": SCHEMA}}]
    if wish.structured:
        body["response_format"] = {"type": "json_schema", "json_schema": {"name": "trip", "schema": SCHEMA}}
    if wish.stop:
        body["stop"] = [wish.stop]
    if wish.stream:
        body["stream_options"] = {"include_usage": True}
        completion = _streamed(client, body)
    else:
        completion = client.chat.completions.create(**body)  # type: ignore[call-overload]
    choice, usage = completion.choices[0], completion.usage
    assert usage is not None
    calls_heard = choice.message.tool_calls or ()
    words = {"stop": "end", "length": "length", "tool_calls": "tool"}
    return Heard(
        choice.message.content or "",
        tuple(
            Call(c.id, c.function.name, json.loads(c.function.arguments)) for c in calls_heard if c.type == "function"
        ),
        words.get(choice.finish_reason, choice.finish_reason),
        usage.prompt_tokens,
        usage.completion_tokens,
    )


def _streamed(client: OpenAI, body: dict[str, object]) -> ChatCompletion:
    """The completion that the SDK puts together; it raises one that ends at a limit, which is an answer here."""
    with client.chat.completions.stream(**body) as stream:  # type: ignore[arg-type]
        try:
            for _ in stream:
                pass
            return stream.get_final_completion()
        except LengthFinishReasonError as limited:
            return limited.completion


def _responses(client: OpenAI, wish: Wish) -> Heard:
    content: list[dict[str, object]] = [{"type": "input_text", "text": wish.prompt}]
    if wish.image:
        content.append({"type": "input_image", "image_url": f"data:image/png;base64,{PNG}"})
    items: list[dict[str, object]] = [{"role": "user", "content": content}]
    if wish.before:
        items += [
            {"type": "function_call", "call_id": c.id, "name": c.name, "arguments": json.dumps(c.arguments)}
            for c in wish.before.calls
        ]
        items += [
            {"type": "function_call_output", "call_id": call.id, "output": result}
            for call, result in zip(wish.before.calls, wish.before.results, strict=True)
        ]
    body: dict[str, object] = {"model": wish.model, "max_output_tokens": wish.max_tokens, "input": items}
    if wish.tools:
        body["tools"] = [{"type": "function", "name": TOOL, "parameters": SCHEMA, "strict": False}]
    if wish.structured:
        body["text"] = {"format": {"type": "json_schema", "name": "trip", "schema": SCHEMA}}
    if wish.stream:
        events = list(client.responses.create(**body, stream=True))  # type: ignore[call-overload]
        numbers = [event.sequence_number for event in events]
        assert numbers == sorted(set(numbers)), "sequence numbers rise"
        final = events[-1]
        assert final.type in {"response.completed", "response.incomplete"}, final
        response = final.response
        said = "".join(event.delta for event in events if event.type == "response.output_text.delta")
        assert said == response.output_text, "the last event repeats what was streamed"
    else:
        response = client.responses.create(**body)  # type: ignore[call-overload]
    calls = [item for item in response.output if item.type == "function_call"]
    why = response.incomplete_details.reason if response.incomplete_details else ""
    words = {"completed": "tool" if calls else "end", "incomplete": "length" if why == "max_output_tokens" else why}
    return Heard(
        response.output_text,
        tuple(Call(one.call_id, one.name, json.loads(one.arguments)) for one in calls),
        words.get(response.status, response.status),
        response.usage.input_tokens,
        response.usage.output_tokens,
    )


def names(calls: Sequence[Call]) -> list[str]:
    """The names of these calls."""
    return [call.name for call in calls]

"""The official Python SDKs, used as their documentation shows; nothing is set but URL and key."""

import json
from typing import Any

from anthropic import Anthropic
from openai import OpenAI

from tests.clients.callers.line_protocol import MAX_TOKENS, SCHEMA, TOOL, Heard, Wish, serve

KEY = "key-of-the-caller"


def ask_anthropic(wish: Wish) -> Heard:
    """Messages."""
    client = Anthropic(base_url=wish.url, api_key=KEY)
    messages: list[Any] = [{"role": "user", "content": wish.prompt}]
    body: dict[str, Any] = {"model": wish.model, "max_tokens": MAX_TOKENS, "messages": messages}
    if wish.case == "plain":
        return Heard(_text(client.messages.create(**body)))
    if wish.case == "stream":
        with client.messages.stream(**body) as stream:
            pieces = list(stream.text_stream)
        return Heard("".join(pieces), len(pieces))
    body["tools"] = [{"name": TOOL, "description": "Looks it up.", "input_schema": SCHEMA}]
    with client.messages.stream(**body) as stream:
        first = stream.get_final_message()
    calls = [block for block in first.content if block.type == "tool_use"]
    messages.append({"role": "assistant", "content": first.content})
    results = [{"type": "tool_result", "tool_use_id": call.id, "content": wish.result} for call in calls]
    messages.append({"role": "user", "content": results})
    with client.messages.stream(**body) as stream:
        last = stream.get_final_message()
    return Heard(_text(last), 0, tuple((call.name, call.input) for call in calls))


def ask_chat(wish: Wish) -> Heard:
    """Chat Completions."""
    client = OpenAI(base_url=f"{wish.url}/v1", api_key=KEY)
    messages: list[Any] = [{"role": "user", "content": wish.prompt}]
    body: dict[str, Any] = {"model": wish.model, "messages": messages}
    if wish.case == "plain":
        return Heard(client.chat.completions.create(**body).choices[0].message.content or "")
    if wish.case == "stream":
        chunks = list(client.chat.completions.create(**body, stream=True))
        pieces = [choice.delta.content for chunk in chunks for choice in chunk.choices if choice.delta.content]
        return Heard("".join(pieces), len(pieces))
    body["tools"] = [{"type": "function", "function": {"name": TOOL, "parameters": SCHEMA}}]
    with client.chat.completions.stream(**body) as stream:
        first = stream.get_final_completion().choices[0].message
    calls = first.tool_calls or []
    messages.append(first.model_dump(include={"role", "content", "tool_calls"}))
    messages += [{"role": "tool", "tool_call_id": call.id, "content": wish.result} for call in calls]
    with client.chat.completions.stream(**body) as stream:
        last = stream.get_final_completion().choices[0].message
    return Heard(
        last.content or "", 0, tuple((call.function.name, json.loads(call.function.arguments)) for call in calls)
    )


def ask_responses(wish: Wish) -> Heard:
    """Responses."""
    client = OpenAI(base_url=f"{wish.url}/v1", api_key=KEY)
    items: list[Any] = [{"role": "user", "content": wish.prompt}]
    body: dict[str, Any] = {"model": wish.model, "input": items, "store": False}
    if wish.case == "plain":
        return Heard(client.responses.create(**body).output_text)
    if wish.case == "stream":
        with client.responses.stream(**body) as stream:
            pieces = [event.delta for event in stream if event.type == "response.output_text.delta"]
            whole = stream.get_final_response().output_text
        assert whole == "".join(pieces), "the last event repeats what was streamed"
        return Heard(whole, len(pieces))
    body["tools"] = [{"type": "function", "name": TOOL, "parameters": SCHEMA, "strict": False}]
    with client.responses.stream(**body) as stream:
        first = stream.get_final_response()
    calls = [item for item in first.output if item.type == "function_call"]
    items += [item.model_dump(exclude_none=True, exclude={"parsed_arguments", "status"}) for item in first.output]
    items += [{"type": "function_call_output", "call_id": call.call_id, "output": wish.result} for call in calls]
    with client.responses.stream(**body) as stream:
        last = stream.get_final_response()
    return Heard(last.output_text, 0, tuple((call.name, json.loads(call.arguments)) for call in calls))


def _text(message: Any) -> str:  # noqa: ANN401 - whatever the SDK gives
    return "".join(block.text for block in message.content if block.type == "text")


if __name__ == "__main__":
    serve(
        {
            "anthropic-python": ask_anthropic,
            "openai-python-chat": ask_chat,
            "openai-python-responses": ask_responses,
        }
    )

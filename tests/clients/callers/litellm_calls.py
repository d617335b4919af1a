"""LiteLLM's library as a caller of the gateway, through both of its providers."""

import json
from typing import Any

import litellm  # type: ignore[import-not-found]  # installed for the clients alone

from tests.clients.callers.line_protocol import MAX_TOKENS, SCHEMA, TOOL, Heard, Wish, serve

KEY = "key-of-the-caller"


def ask(wish: Wish) -> Heard:
    """`litellm.completion`; the prefix of the model chooses the dialect."""
    messages: list[Any] = [{"role": "user", "content": wish.prompt}]
    body: dict[str, Any] = {"max_tokens": MAX_TOKENS, "api_key": KEY, "messages": messages}
    if wish.client == "litellm-anthropic":
        body |= {"model": f"anthropic/{wish.model}", "api_base": wish.url}
    else:
        body |= {"model": f"openai/{wish.model}", "api_base": f"{wish.url}/v1"}
    if wish.case == "plain":
        return Heard(litellm.completion(**body).choices[0].message.content)
    if wish.case == "stream":
        chunks = list(litellm.completion(**body, stream=True))
        pieces = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices[0].delta.content]
        return Heard("".join(pieces), len(pieces))
    body["tools"] = [{"type": "function", "function": {"name": TOOL, "parameters": SCHEMA}}]
    first = _streamed(body)
    messages.append(first.model_dump(include={"role", "content", "tool_calls"}))
    messages += [{"role": "tool", "tool_call_id": call.id, "content": wish.result} for call in first.tool_calls]
    last = _streamed(body)
    calls = tuple((call.function.name, json.loads(call.function.arguments)) for call in first.tool_calls)
    return Heard(last.content, 0, calls)


def _streamed(body: dict[str, Any]) -> Any:  # noqa: ANN401 - whatever the library gives
    chunks = list(litellm.completion(**body, stream=True))
    return litellm.stream_chunk_builder(chunks, messages=body["messages"]).choices[0].message


if __name__ == "__main__":
    serve({"litellm-anthropic": ask, "litellm-openai": ask})

"""LangChain's chat models as callers of the gateway."""

from typing import Any

from langchain_anthropic import ChatAnthropic  # type: ignore[import-not-found]  # installed for the clients alone
from langchain_core.messages import HumanMessage, ToolMessage  # type: ignore[import-not-found]  # installed for the clients alone
from langchain_openai import ChatOpenAI  # type: ignore[import-not-found]  # installed for the clients alone

from tests.clients.callers.line_protocol import MAX_TOKENS, SCHEMA, TOOL, Heard, Wish, serve

KEY = "key-of-the-caller"
TOOLS = [{"type": "function", "function": {"name": TOOL, "description": "Looks it up.", "parameters": SCHEMA}}]


def ask(wish: Wish) -> Heard:
    """`invoke` and `stream`."""
    model = _model(wish)
    asked: list[Any] = [HumanMessage(wish.prompt)]
    if wish.case == "plain":
        return Heard(model.invoke(asked).text)
    if wish.case == "stream":
        pieces = [chunk.text for chunk in model.stream(asked) if chunk.text]
        return Heard("".join(pieces), len(pieces))
    able = model.bind_tools(TOOLS)
    first = _joined(able.stream(asked))
    asked.append(first)
    asked += [ToolMessage(wish.result, tool_call_id=call["id"]) for call in first.tool_calls]
    last = _joined(able.stream(asked))
    return Heard(last.text, 0, tuple((call["name"], call["args"]) for call in first.tool_calls))


def _model(wish: Wish) -> Any:  # noqa: ANN401 - one of two classes of the library
    if wish.client == "langchain-anthropic":
        return ChatAnthropic(model=wish.model, base_url=wish.url, api_key=KEY, max_tokens=MAX_TOKENS)
    return ChatOpenAI(model=wish.model, base_url=f"{wish.url}/v1", api_key=KEY)


def _joined(chunks: Any) -> Any:  # noqa: ANN401 - messages add up
    first, *rest = chunks
    for chunk in rest:
        first += chunk
    return first


if __name__ == "__main__":
    serve({"langchain-anthropic": ask, "langchain-openai": ask})

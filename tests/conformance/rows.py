"""The rows of the table: what every caller must get from every kind of upstream. Each raises where it does not hold."""

import json
from collections.abc import Callable

import anthropic
import openai

from mainstay.lab.provider.evidence import digest
from mainstay.lab.provider.prose import prose
from tests.conformance.callers import PNG, TOOL, Call, Turn, Wish, ask
from tests.conformance.stage import CUTTER, DOWN, WELL, model

QUESTION = "Why do bridges hum in 40 words?"
ANSWER = prose(QUESTION, 40)

Row = Callable[[str, str, str], None]
"""Takes the gateway's URL, the caller's dialect and the kind of upstream."""


def plain(url: str, caller: str, kind: str) -> None:
    """A whole answer, word for word."""
    heard = ask(caller, url, Wish(model=model(WELL, caller, kind), prompt=QUESTION))
    same(heard.text, ANSWER)
    same(heard.stop, "end")


def stream(url: str, caller: str, kind: str) -> None:
    """A streamed answer, word for word."""
    heard = ask(caller, url, Wish(model=model(WELL, caller, kind), prompt=QUESTION, stream=True))
    same(heard.text, ANSWER)
    same(heard.stop, "end")


def tools(url: str, caller: str, kind: str) -> None:
    """A call, its result sent back, and an answer that has seen the result; whole and streamed."""
    for streamed in (False, True):
        _tool_round(url, caller, kind, 1, streamed=streamed)


def parallel_tools(url: str, caller: str, kind: str) -> None:
    """Three calls at once, their results in order."""
    for streamed in (False, True):
        _tool_round(url, caller, kind, 3, streamed=streamed)


def image(url: str, caller: str, kind: str) -> None:
    """A picture arrives bit for bit."""
    heard = ask(caller, url, Wish(model=model(WELL, caller, kind), prompt=QUESTION, image=True))
    same(heard.text, f"[images=1 digest={digest([PNG])}] {ANSWER}")


def structured_output(url: str, caller: str, kind: str) -> None:
    """JSON of the caller's schema; whole and streamed."""
    for streamed in (False, True):
        name = model(WELL, caller, kind)
        heard = ask(caller, url, Wish(model=name, prompt=QUESTION, structured=True, stream=streamed))
        value = json.loads(heard.text)
        same(sorted(value), ["days", "place"])
        same((type(value["days"]), type(value["place"])), (int, str))


def stop_reasons(url: str, caller: str, kind: str) -> None:
    """The output limit and a stop sequence, told in the caller's words; whole and streamed."""
    for streamed in (False, True):
        name = model(WELL, caller, kind)
        heard = ask(caller, url, Wish(model=name, prompt=QUESTION, max_tokens=16, stream=streamed))
        same(heard.stop, "length")
        holds(ANSWER.startswith(heard.text.strip()))
        if caller == "openai-responses" or kind == "openai-responses":
            continue  # That dialect has no stop sequences.
        word = ANSWER.split()[9]
        heard = ask(caller, url, Wish(model=name, prompt=QUESTION, stop=word, stream=streamed))
        same(heard.text, ANSWER[: ANSWER.index(word)])
        # Chat calls both ends `stop`, and so does Gemini.
        knows = caller == "anthropic" and kind in {"anthropic", "bedrock"}
        same(heard.stop, "sequence" if knows else "end")


def usage(url: str, caller: str, kind: str) -> None:
    """Tokens, the same whole and streamed."""
    counts = []
    for streamed in (False, True):
        heard = ask(caller, url, Wish(model=model(WELL, caller, kind), prompt=QUESTION, stream=streamed))
        counts.append(heard.output_tokens)
        holds(heard.input_tokens > 0)
    holds(counts[0] > len(ANSWER) // 8)
    same(counts[0], counts[1])


def error(url: str, caller: str, kind: str) -> None:
    """An overloaded provider: the SDK raises its own error, with a message; whole and streamed."""
    for streamed in (False, True):
        try:
            ask(caller, url, Wish(model=model(DOWN, caller, kind), prompt=QUESTION, stream=streamed))
        except (anthropic.APIStatusError, openai.APIStatusError) as raised:
            same(isinstance(raised, anthropic.APIStatusError), caller == "anthropic")
            holds(raised.status_code >= 500 or raised.status_code == 429)
            holds(isinstance(raised.body, dict))
        else:
            raise AssertionError("an overloaded provider gave an answer")


def cut(url: str, caller: str, kind: str) -> None:
    """The provider is cut off in the middle of a stream; the answer is whole all the same."""
    heard = ask(caller, url, Wish(model=model(CUTTER, caller, kind), prompt=QUESTION, stream=True))
    same(heard.text, ANSWER)
    same(heard.stop, "end")


ROWS: dict[str, Row] = {
    "plain": plain,
    "stream": stream,
    "tools": tools,
    "parallel tools": parallel_tools,
    "image": image,
    "structured output": structured_output,
    "stop reasons": stop_reasons,
    "usage": usage,
    "error": error,
    "cut mid-stream": cut,
}


def same(found: object, expected: object) -> None:
    """Raises `AssertionError` with both where they differ."""
    if found != expected:
        raise AssertionError(f"{found!r} instead of {expected!r}")


def holds(found: object) -> None:
    """Raises `AssertionError` where this is not so."""
    if not found:
        message = "what should hold does not"
        raise AssertionError(message)


def _tool_round(url: str, caller: str, kind: str, count: int, *, streamed: bool) -> None:
    name = model(WELL, caller, kind)
    prompt = f"{QUESTION} [tools={count}] [echo=results]"
    heard = ask(caller, url, Wish(model=name, prompt=prompt, tools=True, stream=streamed))
    same([call.name for call in heard.calls], [TOOL] * count)
    same(heard.stop, "tool")
    same(len({call.id for call in heard.calls}), count)
    for call in heard.calls:
        same((type(call.arguments["place"]), type(call.arguments["days"])), (str, int))
    results = tuple(f"result of {index}" for index in range(count))
    before = Turn(_as_sent(heard.calls), results)
    answer = ask(caller, url, Wish(model=name, prompt=prompt, tools=True, before=before, stream=streamed))
    holds(answer.text.startswith(f"[tool results={count} digest={digest(results)}] "))
    same(answer.stop, "end")


def _as_sent(calls: tuple[Call, ...]) -> tuple[Call, ...]:
    """A client sends back what it saw."""
    return calls

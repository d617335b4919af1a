"""What is wrong, odd or large on a crossing: another candidate, an honest error, or all of it; never a wrong answer."""

import anthropic
import msgspec
import openai
import pytest

from mainstay.lab.provider.evidence import digest, plain
from mainstay.lab.provider.prose import prose
from tests.conformance.callers import PNG, Turn, Wish
from tests.conformance.callers import ask as ask_in_rounds
from tests.conformance.stage import CALLERS, KINDS
from tests.e2e.callers import Question
from tests.e2e.crossings import Crossing
from tests.e2e.raw import Body

PROMPT = "Why do bridges hum in 50 words?"
WHOLE = prose(PROMPT, 50)
PAIRS = [(caller, kind) for caller in CALLERS for kind in KINDS if kind != caller]
TO_ANOTHER_DIALECT = pytest.mark.parametrize(("caller", "kind"), PAIRS)
PLAIN_AND_STREAM = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
MANY = 200
MEGABYTE = 1_000_000
HARMLESS = ("split:bytes=7", "packed", "crlf", "empty-data", "comments", "gzip", "unknown-event")
HARMFUL = (
    "html-200",
    "truncated-json",
    "malformed-event",
    "no-done",
    "early-finish",
    "wrong-length",
    "empty",
    "inband-error",
    "cut:torn=true",
)
ARGUMENTS_ARE_TEXT = (
    ("anthropic", True),
    ("bedrock", True),
    ("openai-chat", False),
    ("openai-chat", True),
    ("openai-responses", False),
    ("openai-responses", True),
)
"""Where (kind, streamed) a provider can give arguments that are no JSON: elsewhere they stand in its answer as an
object."""
BROKEN_JSON = pytest.mark.parametrize(
    ("caller", "kind", "stream"),
    [(caller, kind, stream) for caller in CALLERS for kind, stream in ARGUMENTS_ARE_TEXT if kind != caller],
)


@pytest.mark.parametrize("fault", [*HARMLESS, *HARMFUL])
@pytest.mark.parametrize("kind", KINDS)
def test_a_translated_answer_is_whole_whatever_its_first_provider_does(
    kind: str, fault: str, crossing: Crossing
) -> None:
    caller = "openai-chat" if kind == "anthropic" else "anthropic"
    model = crossing.road(kind, caller)
    for stream in (False, True):
        crossing.alpha.break_with(fault, 1)
        answer = crossing.ask(caller, Question(model=model, prompt=PROMPT, stream=stream))
        assert answer.text == WHOLE
        if fault in HARMLESS:
            assert answer.headers["x-mainstay-upstream"] == f"alpha-{kind}"


@BROKEN_JSON
def test_arguments_that_are_no_json_are_never_handed_on(
    caller: str, kind: str, *, stream: bool, crossing: Crossing
) -> None:
    model = crossing.road(kind, caller)
    crossing.alpha.break_with("tool-broken-json", 1)
    asked = Question(model=model, prompt="Look it up. [tools=3]", tools=True, stream=stream)
    answer = crossing.ask(caller, asked)
    assert answer.headers["x-mainstay-degraded"] == f"alpha-{kind}: malformed"
    assert [set(msgspec.json.decode(call.arguments)) for call in answer.tool_calls] == [{"place", "days", "exact"}] * 3


@BROKEN_JSON
def test_where_nobody_gives_json_the_sdk_raises(caller: str, kind: str, *, stream: bool, crossing: Crossing) -> None:
    model = crossing.road(kind)
    crossing.alpha.break_with("tool-broken-json", 2)
    asked = Question(model=model, prompt="Look it up. [tools=3]", tools=True, stream=stream)
    with pytest.raises((anthropic.InternalServerError, openai.InternalServerError), match="JSON object"):
        crossing.ask(caller, asked)
    crossing.alpha.heal()


@PLAIN_AND_STREAM
@TO_ANOTHER_DIALECT
def test_ids_that_collide_are_told_apart_and_their_results_come_home(
    caller: str, kind: str, *, stream: bool, crossing: Crossing
) -> None:
    crossing.alpha.break_with("tool-same-ids", 1)
    assert_round(caller, kind, 3, crossing, stream=stream)


@pytest.mark.parametrize(
    ("caller", "kind", "stream"),
    [
        ("anthropic", "openai-chat", True),
        ("anthropic", "gemini", False),
        ("openai-chat", "anthropic", True),
        ("openai-chat", "bedrock", False),
        ("openai-responses", "anthropic", False),
        ("openai-responses", "openai-chat", True),
    ],
)
def test_two_hundred_calls_at_once_and_their_results(
    caller: str, kind: str, *, stream: bool, crossing: Crossing
) -> None:
    assert_round(caller, kind, MANY, crossing, stream=stream)


def assert_round(caller: str, kind: str, calls: int, crossing: Crossing, *, stream: bool) -> None:
    """So many calls, each with its own id; and their results are heard in the order of the calls."""
    asked = Wish(
        model=crossing.road(kind), prompt=f"Look it up. [tools={calls}] [echo=results]", stream=stream, tools=True
    )
    heard = ask_in_rounds(caller, crossing.url, asked)
    assert len({call.id for call in heard.calls}) == calls
    results = tuple(f"result {number}" for number in range(calls))
    answered = msgspec.structs.replace(asked, before=Turn(heard.calls, results))
    said = ask_in_rounds(caller, crossing.url, answered).text
    assert said.startswith(f"[tool results={calls} digest={digest(results)}] ")


@TO_ANOTHER_DIALECT
def test_a_system_prompt_of_a_megabyte_arrives_whole(caller: str, kind: str, crossing: Crossing) -> None:
    system = prose("the rules of the house", MEGABYTE // 5)[:MEGABYTE]
    body = Question(model=crossing.road(kind), prompt="Well? [echo=system] [words=5]", stream=False).body(caller)
    match caller:
        case "anthropic":
            body["system"] = system
        case "openai-chat":
            body["messages"] = [
                {"role": "system", "content": system},
                {"role": "user", "content": "Well? [echo=system]"},
            ]
        case _:
            body["instructions"] = system
    heard = crossing.post(caller, body)
    assert heard.status == 200
    assert f"[system={digest((plain(system),))}]" in heard.text


def with_image(caller: str, model: str) -> Body:
    """A question about a picture."""
    url = f"data:image/png;base64,{PNG}"
    source = {"type": "base64", "media_type": "image/png", "data": PNG}
    parts: dict[str, list[Body]] = {
        "anthropic": [{"type": "image", "source": source}, {"type": "text", "text": PROMPT}],
        "openai-chat": [{"type": "image_url", "image_url": {"url": url}}, {"type": "text", "text": PROMPT}],
        "openai-responses": [{"type": "input_image", "image_url": url}, {"type": "input_text", "text": PROMPT}],
    }
    messages = [{"role": "user", "content": parts[caller]}]
    if caller == "openai-responses":
        return {"model": model, "input": messages}
    return {"model": model, "max_tokens": 1000, "messages": messages}


@pytest.mark.parametrize("caller", CALLERS)
def test_who_takes_no_images_is_passed_over(caller: str, crossing: Crossing) -> None:
    crossing.alpha.break_with("overloaded", 1)
    heard = crossing.post(caller, with_image(caller, f"blind-then-seeing-{caller}"))
    assert heard.status == 200
    assert heard.header("x-mainstay-upstream") == "beta-gemini"
    assert f"[images=1 digest={digest([PNG])}]" in heard.text


@pytest.mark.parametrize("caller", CALLERS)
def test_where_nobody_is_left_the_first_providers_own_error_is_told_and_who_was_passed_over(
    caller: str, crossing: Crossing
) -> None:
    crossing.alpha.break_with("overloaded", 2)
    heard = crossing.post(caller, with_image(caller, f"blind-{caller}"))
    crossing.alpha.heal()
    assert heard.status == (529 if caller == "anthropic" else 503)
    assert ("overloaded_error" if caller == "anthropic" else "slow_down") in heard.text
    assert heard.header("x-mainstay-skipped").endswith(": no images")
    assert heard.header("x-mainstay-skipped").startswith("beta-")


def odd(caller: str, model: str) -> Body:
    """A request with something that nobody knows."""
    hologram: Body = {"type": "hologram", "beam": 1}
    if caller == "openai-responses":
        return {"model": model, "input": [hologram, {"role": "user", "content": PROMPT}]}
    content = [hologram, {"type": "text", "text": PROMPT}]
    return {"model": model, "max_tokens": 1000, "messages": [{"role": "user", "content": content}]}


@TO_ANOTHER_DIALECT
def test_what_nobody_knows_is_refused_by_name_on_a_crossing(caller: str, kind: str, crossing: Crossing) -> None:
    heard = crossing.post(caller, odd(caller, crossing.road(kind)))
    assert heard.status == 400
    assert heard.header("x-mainstay-attempts") == "0"
    assert "hologram" in heard.header("x-mainstay-skipped")
    assert "hologram" in msgspec.json.decode(heard.body)["error"]["message"]


@pytest.mark.parametrize("caller", CALLERS)
def test_what_nobody_knows_passes_to_a_provider_of_the_callers_dialect(caller: str, crossing: Crossing) -> None:
    body = odd(caller, crossing.road(caller, "gemini"))
    crossing.alpha.forget()
    heard = crossing.post(caller, body)
    assert [one.request.body for one in crossing.alpha.requests] == [msgspec.json.encode(body)]
    # It is the provider's to judge: Anthropic's double reads over it, OpenAI's refuses it in its own words.
    assert heard.status == (200 if caller == "anthropic" else 400)
    assert caller == "anthropic" or "Invalid value: 'hologram'" in heard.text

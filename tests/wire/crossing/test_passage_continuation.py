"""The rest of a broken answer, asked for across dialects: by prefill where that can be, else with the anchor quoted."""

import json

import msgspec
import pytest

from mainstay.model.call import Call
from mainstay.model.catalogue import ABLE, Candidate, Capabilities, Platform
from mainstay.model.conversation import Prompt, Role, Text, Turn
from mainstay.model.http import Outgoing
from mainstay.wire.codec import Identity, Target, Written
from mainstay.wire.crossing.passage import Translated
from mainstay.wire.openai_chat.codec import OpenaiChatCodec
from mainstay.wire.registry import CALLERS, DIALECTS, DOORS
from tests.wire.crossing.world import EXCHANGE, SAID, WALL, call, candidate, passages, sent


def request(asked: Call, to: Candidate) -> dict[str, object]:
    made = passages(asked).to(to).request("", WALL)
    assert isinstance(made, Outgoing), made
    return sent(made.body)


def continued(asked: Call, to: Candidate, text: str = SAID) -> dict[str, object] | None:
    made = passages(asked).to(to).continuation("", WALL, text)
    return None if made is None else sent(made.body)


def messages(body: dict[str, object] | None) -> list[tuple[str, str]]:
    """Who says what; both dialects write it alike where it is text alone."""
    assert body is not None
    turns = msgspec.convert(body["messages"], list[dict[str, object]])
    return [(str(turn["role"]), _words(turn["content"])) for turn in turns]


def _words(content: object) -> str:
    if isinstance(content, str):
        return content
    return "".join(part["text"] for part in msgspec.convert(content, list[dict[str, str]]))


def test_the_rest_is_asked_for_with_the_anchor_quoted() -> None:
    said = continued(call(), candidate("openai-chat"))
    (_, question), (_, so_far), (who, request_words) = messages(said)
    assert (question, so_far, who) == ("Hi", SAID, "user")
    assert json.dumps(SAID) in request_words


PREFILLING = Capabilities(prefill=True)


def test_who_can_go_on_from_a_prefill_is_given_the_text_alone() -> None:
    asked = call("openai-chat")
    said = continued(asked, candidate("anthropic", able=PREFILLING), SAID + "  \n")
    assert messages(said) == [("user", "Hi"), ("assistant", SAID)], "without white space at its end, which is refused"


@pytest.mark.parametrize(
    ("asked", "able"),
    [
        (call("openai-chat"), ABLE),
        (call("openai-chat", tools=[{"type": "function", "function": {"name": "weather"}}]), PREFILLING),
        (call("openai-chat", reasoning_effort="high"), PREFILLING),
    ],
    ids=["unable", "tools", "thinking"],
)
def test_a_prefill_is_for_those_who_can_and_for_requests_without_tools_or_thinking(
    asked: Call, able: Capabilities
) -> None:
    said = messages(continued(asked, candidate("anthropic", able=able)))
    assert [who for who, _ in said] == ["user", "assistant", "user"]


def test_a_prefill_of_the_callers_own_is_lengthened() -> None:
    turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Well: "}]
    asked = call("openai-chat", messages=turns)
    prefilled = messages(continued(asked, candidate("anthropic", able=PREFILLING)))
    assert prefilled == [("user", "Hi"), ("assistant", "Well: " + SAID)]
    asking = messages(continued(asked, candidate("anthropic")))
    assert asking[:2] == prefilled
    assert asking[2][0] == "user"


@pytest.mark.parametrize("text", ["", " \n"])
def test_where_nothing_was_said_the_same_is_asked_again(text: str) -> None:
    asked, place = call("openai-chat"), candidate("anthropic")
    assert continued(asked, place, text) == request(asked, place)


def test_a_limit_of_the_output_shrinks_by_what_was_said() -> None:
    asked, text = call("openai-chat", max_tokens=1_000), "word " * 400
    prefilled = continued(asked, candidate("anthropic", able=PREFILLING), text)
    asking = continued(asked, candidate("anthropic"), text)
    assert prefilled is not None
    assert asking is not None
    assert prefilled["max_tokens"] == 500
    assert 500 < msgspec.convert(asking["max_tokens"], int) < 1_000, "the anchor is repeated"


def test_where_the_caller_sets_no_limit_none_is_made_up() -> None:
    said = continued(call("openai-responses"), candidate("openai-chat"))
    assert said is not None
    assert not {"max_tokens", "max_completion_tokens"} & set(said)


def test_what_must_not_be_continued_is_not() -> None:
    format_: dict[str, object] = {"type": "json_object"}
    asked = call("openai-chat", response_format=format_)
    assert asked.must_not_continue
    assert continued(asked, candidate("anthropic")) is None


# -- in neutral words


class Listener(OpenaiChatCodec):
    """Keeps the prompts that it is to write."""

    def __init__(self) -> None:
        self.heard: list[Prompt] = []

    def write_prompt(self, prompt: Prompt, target: Target) -> Written:
        self.heard.append(prompt)
        return Written("/x", b"{}")


def told_of(*turns: Turn, text: str = SAID, able: Capabilities = PREFILLING, prefill: bool = False) -> Prompt:
    """What an upstream is told of the rest of an answer to these turns."""
    listener = Listener()
    way = Translated(
        call(),
        Prompt("anthropic", "m", turns, prefill=prefill),
        candidate("openai-chat", able=able),
        dialect=DIALECTS["anthropic"],
        caller=CALLERS["anthropic"],
        upstream=listener,
        door=DOORS[Platform.DIRECT, "openai-chat"],
        identity=Identity(EXCHANGE, int(WALL), "served", "openai-chat"),
    )
    assert way.continuation("", WALL, text) is not None
    return listener.heard[-1]


QUESTION = Turn(Role.USER, (Text("Hi"),))


def test_what_was_said_is_a_turn_of_the_assistant_that_is_to_be_continued() -> None:
    prompt = told_of(QUESTION)
    assert (prompt.turns, prompt.prefill) == ((QUESTION, Turn(Role.ASSISTANT, (Text(SAID),))), True)


def test_what_was_said_stands_in_the_same_turn_as_the_callers_own_prefill() -> None:
    begun = Text("Well: ")
    prompt = told_of(QUESTION, Turn(Role.ASSISTANT, (begun,)), prefill=True)
    assert prompt.turns == (QUESTION, Turn(Role.ASSISTANT, (begun, Text(SAID))))


def test_what_was_said_may_be_the_only_turn() -> None:
    assert told_of().turns == (Turn(Role.ASSISTANT, (Text(SAID),)),)


def test_white_space_at_the_end_is_left_out_of_a_prefill_alone() -> None:
    text = SAID + " \n"
    assert told_of(QUESTION, text=text).turns[1] == Turn(Role.ASSISTANT, (Text(SAID),))
    assert told_of(QUESTION, text=text, able=ABLE).turns[1] == Turn(Role.ASSISTANT, (Text(text),))

import msgspec
import pytest

from mainstay.model.catalogue import Capabilities
from mainstay.model.conversation import (
    Document,
    Image,
    Part,
    Prompt,
    Refusal,
    Role,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Turn,
)
from mainstay.wire.bedrock.messages import DOCUMENT_WORDS, OPENING, Conversation, tell
from mainstay.wire.notes import WritingNotes

PICTURE = Image("image/png", "AAAA")


def user(*parts: Part | str) -> Turn:
    return Turn(Role.USER, tuple(Text(part) if isinstance(part, str) else part for part in parts))


def assistant(*parts: Part | str) -> Turn:
    return Turn(Role.ASSISTANT, user(*parts).parts)


def system(*parts: Part | str) -> Turn:
    return Turn(Role.SYSTEM, user(*parts).parts)


def told(*turns: Turn, able: Capabilities | None = None) -> Conversation:
    return noted(*turns, able=able)[0]


def noted(*turns: Turn, able: Capabilities | None = None) -> tuple[Conversation, tuple[str, ...], str]:
    """The conversation, what was lost, and what bars it."""
    notes = WritingNotes(able or Capabilities())
    conversation = tell(Prompt("openai-chat", "m", turns), "bedrock-eu", notes)
    return conversation, notes.losses, notes.obstacle.message if notes.obstacle else ""


def json_of(conversation: Conversation) -> list[tuple[str, list[object]]]:
    found = msgspec.json.decode(msgspec.json.encode(conversation.messages))
    return [(message["role"], message["content"]) for message in found]


def test_leading_system_turns_are_the_system_prompt() -> None:
    conversation, losses, obstacle = noted(system("a", " "), system("b"), user("c"))
    assert [block.text for block in conversation.system] == ["a", "b"]
    assert json_of(conversation) == [("user", [{"text": "c"}])]
    assert (losses, obstacle) == ((), "")


def test_later_system_turns_are_told_as_user_text() -> None:
    conversation, losses, _ = noted(user("a"), system("b"), assistant("c"), user("d"))
    assert json_of(conversation)[0] == ("user", [{"text": "a"}, {"text": "<system>b</system>"}])
    assert losses == ("system turns in the middle told as user text",)


def test_later_system_turns_stay_where_the_target_takes_them() -> None:
    conversation, losses, _ = noted(user("a"), system("b"), user("c"), able=Capabilities(system_turns=True))
    assert [role for role, _ in json_of(conversation)] == ["user", "system", "user"]
    assert losses == ()


def test_a_system_turn_never_comes_between_a_call_and_its_result() -> None:
    turns = [user("a"), assistant(ToolCall("1", "f", "{}")), system("b"), user(ToolResult("1"))]
    conversation = told(*turns, able=Capabilities(system_turns=True))
    assert [role for role, _ in json_of(conversation)] == ["user", "assistant", "user"]
    assert json_of(conversation)[2][1] == [
        {"toolResult": {"toolUseId": "1", "content": []}},
        {"text": "<system>b</system>"},
    ]


def test_neighbours_of_one_role_are_joined_and_blank_text_is_left_out() -> None:
    conversation = told(user("a"), assistant(" "), user("b", ""), assistant(Refusal("no")), assistant("c"))
    assert json_of(conversation) == [
        ("user", [{"text": "a"}, {"text": "b"}]),
        ("assistant", [{"text": "no"}, {"text": "c"}]),
    ]


def test_the_assistant_never_opens() -> None:
    conversation, losses, _ = noted(assistant("Hi!"), user("a"))
    assert json_of(conversation)[0] == ("user", [{"text": OPENING}])
    assert losses == ("opening by the assistant",)


def test_results_come_first_in_any_case() -> None:
    calls = assistant(ToolCall("1", "f", "{}"), ToolCall("2", "g", '{"a":1}'))
    results = [user("words", ToolResult("2", (PICTURE,), is_error=True)), user(ToolResult("1", (Text("x"),)))]
    conversation, _, obstacle = noted(user("a"), calls, *results)
    assert json_of(conversation)[2][1] == [
        {
            "toolResult": {
                "toolUseId": "2",
                "content": [{"image": {"format": "png", "source": {"bytes": "AAAA"}}}],
                "status": "error",
            }
        },
        {"toolResult": {"toolUseId": "1", "content": [{"text": "x"}]}},
        {"text": "words"},
    ]
    assert conversation.tool_names == ["f", "g"]
    assert obstacle == ""


def test_ids_are_replaced_alike_for_calls_and_results() -> None:
    call_id = "call|" + "x" * 80
    conversation = told(user("a"), assistant(ToolCall(call_id, "f", "{}")), user(ToolResult(call_id)))
    written = conversation.messages[1].content[0].tool_use
    answered = conversation.messages[2].content[0].tool_result
    assert written
    assert answered
    assert written.tool_use_id == answered.tool_use_id != call_id
    assert len(written.tool_use_id) <= 64


def test_ids_that_come_again_are_told_apart() -> None:
    turn = [assistant(ToolCall("1", "f", "{}")), user(ToolResult("1", (Text("a"),)))]
    twice = assistant(ToolCall("1", "f", "{}"), ToolCall("1", "f", "{}"))
    conversation = told(user("a"), *turn, *turn, twice, user(ToolResult("1"), ToolResult("1")))
    blocks = [block for message in conversation.messages for block in message.content]
    calls = [block.tool_use.tool_use_id for block in blocks if block.tool_use]
    results = [block.tool_result.tool_use_id for block in blocks if block.tool_result]
    assert calls == results == ["1", "1_2", "1_3", "1_4"]


@pytest.mark.parametrize(
    ("turns", "reason"),
    [
        ([user(ToolResult("1"))], "a tool result without its call"),
        ([user("a"), assistant(ToolCall("1", "f", "{}")), user("b")], "a tool call without its result"),
        (
            [user("a"), assistant(ToolCall("1", "f", "{}")), user("b"), assistant("c"), user("d")],
            "a tool call without its result",
        ),
        ([user(Image(url="https://a.example"))], "images by URL"),
        ([user(Document(url="https://a.example"))], "documents by URL"),
        ([user("a"), assistant(PICTURE)], "images and documents of the assistant"),
        ([system(PICTURE), user("a")], "system turns with anything but text"),
        ([user("a"), assistant(ToolCall("1", "f", "{")), user(ToolResult("1"))], "a tool call whose arguments"),
        (
            [user("a"), assistant(ToolCall("1", "f", "{}")), user(ToolResult("1", (Image(url="https://a.example"),)))],
            "images by URL",
        ),
        ([user(" ")], "an empty conversation"),
    ],
)
def test_what_bars_a_request_is_named(turns: list[Turn], reason: str) -> None:
    assert noted(*turns)[2].startswith(reason)


def test_own_thinking_goes_back_and_others_is_left_out() -> None:
    own, other, unknown = (Thinking(issuer, "Hm", "s") for issuer in ("bedrock-eu", "openai", ""))
    conversation, losses, _ = noted(user("a"), assistant(own, other, unknown, "b"), user("c"))
    assert json_of(conversation)[1][1] == [
        {"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "s"}}},
        {"text": "b"},
    ]
    assert losses == ("thinking of earlier turns",)


def test_whether_calls_follow_reasoning_is_known() -> None:
    call, result = ToolCall("1", "f", "{}"), user(ToolResult("1"))
    own = Thinking("bedrock-eu", "Hm", "s")
    assert told(user("a"), assistant(call), result).calls_without_thinking
    assert not told(user("a"), assistant(own, call), result).calls_without_thinking
    assert not told(user("a"), assistant("b"), user("c")).calls_without_thinking
    assert not told(user("a")).calls_without_thinking


def test_a_document_has_words_beside_it() -> None:
    conversation = told(user(Document(data="AAAA")))
    assert json_of(conversation)[0][1][-1] == {"text": DOCUMENT_WORDS}
    assert len(json_of(told(user("Read:", Document(data="AAAA"))))[0][1]) == 2


def test_a_text_to_be_continued_ends_without_white_space() -> None:
    conversation = told(user("a"), assistant("Once upon \n"))
    assert json_of(conversation)[1] == ("assistant", [{"text": "Once upon"}])


def test_a_trailing_call_is_left_to_the_service() -> None:
    assert noted(user("a"), assistant(ToolCall("1", "f", "{}")))[2] == ""

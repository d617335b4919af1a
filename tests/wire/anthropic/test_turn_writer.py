import json

import msgspec
import pytest

from mainstay.model.catalogue import ABLE, Capabilities
from mainstay.model.conversation import Image, Refusal, Thinking, ToolCall, ToolResult, Turn
from mainstay.wire.anthropic.body import Block
from mainstay.wire.anthropic.turn_writer import Conversation
from mainstay.wire.notes import WritingNotes
from tests.wire.anthropic.neutral import ISSUER, PARIS, ROME, SEALED, assistant, system, user

TOLD = "system turns in the middle told as user text"
MIDDLE = Capabilities(system_turns=True)


def write(
    *turns: Turn, able: Capabilities = ABLE, prefill: bool = False
) -> tuple[Conversation, list[tuple[str, list[str]]], tuple[str, ...]]:
    """The conversation, its messages as short words, and what was lost (or the obstacle)."""
    notes = WritingNotes(able)
    conversation = Conversation(ISSUER, notes)
    conversation.write(turns, prefill=prefill)
    messages = [(one.role, [word(block) for block in one.content]) for one in conversation.messages]
    return conversation, messages, notes.losses if notes.obstacle is None else (notes.obstacle.message,)


def word(block: Block) -> str:
    fields = json.loads(msgspec.json.encode(block))
    return str(fields.get("text") or fields.get("tool_use_id") or fields.get("id") or fields["type"])


def messages(*turns: Turn, able: Capabilities = ABLE, prefill: bool = False) -> list[tuple[str, list[str]]]:
    _, written, lost = write(*turns, able=able, prefill=prefill)
    assert lost == ()
    return written


def test_sides_take_turns() -> None:
    assert messages(user("a"), assistant("b"), user("c")) == [("user", ["a"]), ("assistant", ["b"]), ("user", ["c"])]


def test_turns_in_a_row_are_joined() -> None:
    turns = (user("a"), user("b"), assistant("c"), assistant(Refusal("d")), user("e"))
    assert messages(*turns) == [("user", ["a", "b"]), ("assistant", ["c", "d"]), ("user", ["e"])]


def test_empty_turns_vanish() -> None:
    assert messages(user("a"), assistant(), user(" "), assistant("b")) == [("user", ["a"]), ("assistant", ["b"])]


def test_leading_system_turns_are_the_system_prompt() -> None:
    conversation, written, lost = write(system("s", "t"), system("u", " "), user("a"))
    assert (conversation.system, written, lost) == (["s", "t", "u"], [("user", ["a"])], ())


def test_a_system_turn_in_the_middle_is_told_to_the_user_side() -> None:
    _, written, lost = write(user("a"), assistant("b"), system("s"), user("c"))
    assert written[-1] == ("user", ["<system>\ns\n</system>", "c"])
    assert lost == (TOLD,)


def test_models_that_take_system_turns_get_them_behind_the_users() -> None:
    turns = (user("a"), assistant("b"), system("s"), user("c"), system("t"))
    assert messages(*turns, able=MIDDLE)[2:] == [("user", ["c"]), ("system", ["s", "t"])]
    _, written, lost = write(user("a"), assistant("b"), system("s"), able=MIDDLE)
    assert (written[-1][0], lost) == ("user", (TOLD,))


def test_results_stand_at_once_behind_their_calls() -> None:
    turns = (
        user("a"),
        assistant(PARIS),
        assistant(ROME),
        system("s"),
        user("b", ToolResult(ROME.id)),
        user(ToolResult(PARIS.id), "c"),
    )
    written = messages(*turns, able=MIDDLE)
    assert written == [
        ("user", ["a"]),
        ("assistant", [PARIS.id, ROME.id]),
        ("user", [ROME.id, PARIS.id, "b", "c"]),
        ("system", ["s"]),
    ]


def test_ids_that_each_turn_uses_anew_are_told_apart() -> None:
    call = ToolCall("call_0", "weather", "{}")
    result = ToolResult("call_0")
    written = messages(user("a"), assistant(call), user(result), assistant(call), user(result))
    assert [words for _, words in written[1:]] == [["call_0"], ["call_0"], ["call_0_2"], ["call_0_2"]]


def test_a_call_may_be_the_last_word() -> None:
    assert messages(user("a"), assistant(PARIS))[-1] == ("assistant", [PARIS.id])


@pytest.mark.parametrize(
    ("turns", "obstacle"),
    [
        ((user("a"), assistant(PARIS), user("b")), f"a tool call without its result ({PARIS.id})"),
        (
            (user("a"), assistant(PARIS, ROME), user(ToolResult(ROME.id))),
            f"a tool call without its result ({PARIS.id})",
        ),
        ((user("a", ToolResult("x")),), "a tool result without its call (x)"),
        ((), "a request without any text"),
        ((user(" "),), "a request without any text"),
        ((system(Image("image/png", "aGk=")), user("a")), "images or documents in a system turn"),
        ((user("a"), assistant(Image("image/png", "aGk="))), "images or documents in an assistant turn"),
    ],
)
def test_what_cannot_be_told(turns: tuple[Turn, ...], obstacle: str) -> None:
    assert write(*turns)[2] == (obstacle,)


def test_a_conversation_that_the_assistant_begins_gets_a_first_word() -> None:
    _, written, lost = write(system("s"), assistant("Hello"), user("a"))
    assert written == [("user", ["Begin."]), ("assistant", ["Hello"]), ("user", ["a"])]
    assert lost == ("a conversation that the assistant begins",)


def test_a_system_prompt_alone_is_what_the_user_says() -> None:
    conversation, written, lost = write(system("s"))
    assert (conversation.system, written, lost) == ([], [("user", ["s"])], ("system prompt told as user text",))


def test_a_prefill_ends_without_white_space() -> None:
    assert messages(user("a"), assistant("b\n "), prefill=True)[-1] == ("assistant", ["b"])
    assert messages(user("a"), assistant("b\n "), user("c"))[1] == ("assistant", ["b\n "])


def test_whether_the_last_answer_thought_before_it_called() -> None:
    results = user(ToolResult(PARIS.id))
    assert write(user("a"))[0].thinks_before_calls()
    assert write(user("a"), assistant("b"))[0].thinks_before_calls()
    assert write(user("a"), assistant(SEALED, PARIS), results)[0].thinks_before_calls()
    assert write(user("a"), assistant(PARIS), results, assistant("b"), user("c"))[0].thinks_before_calls()
    assert not write(user("a"), assistant(PARIS), results)[0].thinks_before_calls()
    foreign = Thinking("elsewhere", "Hm.", "c2ln")
    assert not write(user("a"), assistant(foreign, PARIS), results)[0].thinks_before_calls()


def test_the_tools_that_were_called() -> None:
    other = ToolCall("x", "time", "{}")
    called = write(user("a"), assistant(PARIS, other, ROME))[0].called_tools()
    assert called == ("weather", "time")

import msgspec
import pytest

from mainstay.model.catalogue import ABLE
from mainstay.model.conversation import (
    Document,
    Image,
    Part,
    Refusal,
    Role,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Turn,
)
from mainstay.wire.gemini.seal import FOREIGN, Place, Signed, sealed
from mainstay.wire.gemini.turns import LATE_SYSTEM, Conversation
from mainstay.wire.notes import WritingNotes, unable

CALL = ToolCall("c1", "weather", '{"city":"Zürich"}')
RESULT = ToolResult("c1", (Text("sunny"),))
PICTURE = Image("image/png", "eA==")


def user(*parts: Part) -> Turn:
    return Turn(Role.USER, parts)


def assistant(*parts: Part) -> Turn:
    return Turn(Role.ASSISTANT, parts)


def system(text: str) -> Turn:
    return Turn(Role.SYSTEM, (Text(text),))


def conversation(*turns: Turn, model: str = "gemini-2.5-flash") -> Conversation:
    told = Conversation(model, "google", WritingNotes(ABLE))
    for turn in turns:
        told.add(turn)
    told.close()
    return told


def contents(*turns: Turn) -> list[object]:
    told = conversation(*turns)
    assert told.notes.obstacle is None
    return msgspec.json.decode(msgspec.json.encode(told.contents), type=list[object])


def signatures(*turns: Turn) -> list[str]:
    told = conversation(*turns, model="gemini-3-pro")
    return [part.thought_signature for content in told.contents for part in content.parts if part.function_call]


def test_the_first_system_turns_are_the_instruction() -> None:
    told = conversation(system("a"), system("b"), user(Text("hi")))
    assert [part.text for part in told.system] == ["a", "b"]
    assert told.notes.losses == ()


def test_later_system_turns_are_the_users() -> None:
    told = conversation(user(Text("hi")), assistant(Text("ho")), system("c"), user(Text("go")))
    assert msgspec.to_builtins(told.contents[-1]) == {"parts": [{"text": "c"}, {"text": "go"}], "role": "user"}
    assert told.notes.losses == (LATE_SYSTEM,)


def test_a_request_of_system_turns_alone_asks_there() -> None:
    told = conversation(system("a"))
    assert told.system == []
    assert msgspec.to_builtins(told.contents) == [{"parts": [{"text": "a"}], "role": "user"}]
    assert len(told.notes.losses) == 1


def test_neighbours_of_one_role_are_one_turn() -> None:
    assert contents(user(Text("a")), user(Text("b"), PICTURE)) == [
        {
            "parts": [{"text": "a"}, {"text": "b"}, {"inlineData": {"mimeType": "image/png", "data": "eA=="}}],
            "role": "user",
        }
    ]


def test_results_stand_alone_right_behind_their_calls() -> None:
    second = ToolResult("c2", (Text("late"), Text("again")), is_error=True)
    turns = (
        user(Text("hi")),
        assistant(CALL, ToolCall("c2", "time", "{}")),
        user(Text("and?"), RESULT),
        user(second),
    )
    *_, results, words = conversation(*turns).contents
    assert msgspec.to_builtins(results.parts) == [
        {"functionResponse": {"name": "weather", "response": {"output": "sunny"}, "id": "c1"}},
        {"functionResponse": {"name": "time", "response": {"error": "late\nagain"}, "id": "c2"}},
    ]
    assert msgspec.to_builtins(words) == {"parts": [{"text": "and?"}], "role": "user"}


def test_a_picture_in_a_result_stays_there_where_the_model_takes_it() -> None:
    result = ToolResult("c1", (Text("look"), PICTURE, Document(text="words")))
    told = conversation(assistant(CALL), user(result), model="gemini-3-pro")
    response = told.contents[-1].parts[0].function_response
    assert response is not None
    assert (response.response.output, len(response.parts)) == ("look\nwords", 1)
    assert told.notes.losses == ()


def test_a_picture_in_a_result_stands_behind_it_for_old_models() -> None:
    told = conversation(assistant(CALL), user(ToolResult("c1", (PICTURE,))))
    results, behind = told.contents[-2:]
    assert len(results.parts) == 1
    label, picture = behind.parts
    assert "weather" in (label.text or "")
    assert picture.inline_data is not None
    assert len(told.notes.losses) == 1


def test_the_model_speaks_as_the_model() -> None:
    assert contents(user(Text("hi")), assistant(Text("a"), Text(""), Refusal("no"), CALL))[1:] == [
        {
            "parts": [
                {"text": "a"},
                {"text": "no"},
                {"functionCall": {"name": "weather", "args": {"city": "Zürich"}, "id": "c1"}},
            ],
            "role": "model",
        }
    ]


def test_a_turn_that_says_nothing_is_left_out() -> None:
    assert contents(user(Text("a")), assistant(Text("")), user(Text(""))) == [
        {"parts": [{"text": "a"}], "role": "user"}
    ]


def test_the_first_call_of_a_step_carries_a_signature_or_its_stand_in() -> None:
    other = ToolCall("c2", "time", "{}")
    own = Thinking("google", seal=sealed(Signed("c2ln", Place.CALL, "weather"), "").seal)
    assert signatures(assistant(CALL, other)) == [FOREIGN, ""]
    assert signatures(assistant(own, CALL, other)) == ["c2ln", ""]
    assert signatures(assistant(CALL), user(RESULT), assistant(other)) == [FOREIGN, FOREIGN]
    assert signatures(assistant(own, other)) == [FOREIGN]


def test_old_models_get_no_stand_in() -> None:
    assert "thoughtSignature" not in str(contents(assistant(CALL), user(RESULT)))


@pytest.mark.parametrize("place", [Place.TEXT, Place.THOUGHT])
def test_other_signatures_come_back_on_parts_of_their_kind(place: Place) -> None:
    thinking = msgspec.structs.replace(sealed(Signed("c2ln", place), "hm"), issuer="google")
    is_thought = place is Place.THOUGHT
    told = conversation(user(Text("hi")), assistant(Text("a"), thinking))
    signed = told.contents[-1].parts[-1]
    assert (signed.text, signed.thought, signed.thought_signature) == ("hm" if is_thought else "", is_thought, "c2ln")
    assert told.notes.losses == ()


@pytest.mark.parametrize(
    "thinking",
    [
        Thinking(seal="{}"),
        Thinking("other", seal="x"),
        Thinking("google", seal="x"),
        Thinking("other", "hm"),
        Thinking("", "hm"),
    ],
)
def test_thinking_of_others_is_left_out_and_named(thinking: Thinking) -> None:
    told = conversation(user(Text("hi")), assistant(thinking, Text("a")))
    assert msgspec.to_builtins(told.contents[-1]) == {"parts": [{"text": "a"}], "role": "model"}
    assert told.notes.losses == ("thinking of earlier turns",)


def test_nobody_wants_its_own_summary_back() -> None:
    told = conversation(user(Text("hi")), assistant(Thinking("google", "hm"), Text("a")))
    assert msgspec.to_builtins(told.contents[-1]) == {"parts": [{"text": "a"}], "role": "model"}
    assert told.notes.losses == ()


def test_a_summary_of_nobody_known_is_not_the_targets_own() -> None:
    told = Conversation("gemini-2.5-flash", "", WritingNotes(ABLE))
    told.add(assistant(Thinking("", "hm"), Text("a")))
    assert told.notes.losses == ("thinking of earlier turns",)


def test_a_wish_for_detail_is_lost() -> None:
    told = conversation(user(Image("image/png", "eA==", detail="high"), Image("image/png", "eA==", detail="auto")))
    assert told.notes.losses == ("image detail",)


@pytest.mark.parametrize(
    ("turn", "problem"),
    [
        (user(Image(url="https://example.test/a.png")), "images by URL"),
        (user(Document("application/zip", "eA==")), "documents of type application/zip"),
        (user(ToolResult("c9")), "a tool result without its call"),
        (user(CALL), "user turns with ToolCall"),
        (assistant(PICTURE), "assistant turns with Image"),
        (assistant(ToolCall("c1", "f", "[1]")), "a tool call whose arguments are no JSON object"),
        (Turn(Role.SYSTEM, (PICTURE,)), "system turns of anything but text"),
    ],
)
def test_what_cannot_be_told_is_named(turn: Turn, problem: str) -> None:
    assert conversation(turn, user(Image(url="second"))).notes.obstacle == unable(problem)

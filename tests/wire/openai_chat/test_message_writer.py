import pytest

from mainstay.model.catalogue import ABLE, Capabilities
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
from mainstay.model.fault import Fault, FaultKind
from mainstay.wire.codec import Target
from mainstay.wire.openai_chat.prompt_writer import write_prompt
from tests.wire.openai_chat.crossing import body_of, prompt_of, write_request

U, A, S = Role.USER, Role.ASSISTANT, Role.SYSTEM
PICTURE = Image("image/png", "AAAA")
MOVED = "images in tool results moved to a user message"


def written(*turns: Turn, model: str = "gpt-4o", able: Capabilities = ABLE) -> tuple[object, tuple[str, ...]]:
    request = write_request(prompt_of(turns=turns), model, able)
    return body_of(request)["messages"], request.losses


def said(role: Role, *parts: Part, model: str = "gpt-4o") -> object:
    messages, losses = written(Turn(role, parts), model=model)
    assert losses == ()
    return messages


def test_one_text_is_a_string() -> None:
    assert said(U, Text("a")) == [{"role": "user", "content": "a"}]
    assert said(S, Text("a")) == [{"role": "system", "content": "a"}]
    assert said(A, Text("a")) == [{"role": "assistant", "content": "a"}]


def test_several_texts_are_parts() -> None:
    texts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    assert said(S, Text("a"), Text("b")) == [{"role": "system", "content": texts}]


def test_pictures_and_documents() -> None:
    document = Document("application/pdf", "JVBERi0=")
    assert said(U, PICTURE, Image(url="https://a.example/b.png", detail="low"), document) == [
        {
            "role": "user",
            "content": [
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
                {"type": "image_url", "image_url": {"url": "https://a.example/b.png", "detail": "low"}},
                {
                    "type": "file",
                    "file": {"filename": "document.pdf", "file_data": "data:application/pdf;base64,JVBERi0="},
                },
            ],
        }
    ]


def test_a_document_in_words_is_text_under_its_name() -> None:
    assert said(U, Document("text/plain", text="a")) == [{"role": "user", "content": "a"}]
    assert said(U, Document("text/plain", text="a", name="n.txt")) == [{"role": "user", "content": "n.txt\n\na"}]


def test_calls_and_their_results() -> None:
    call, result = ToolCall("c", "f", "{}"), ToolResult("c", (Text("a"), Text("b")))
    assert written(Turn(A, (call,)), Turn(U, (Text("And?"), result)))[0] == [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
        },
        {
            "role": "tool",
            "tool_call_id": "c",
            "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
        },
        {"role": "user", "content": "And?"},
    ]


def test_a_result_that_failed_says_so() -> None:
    assert said(U, ToolResult("c", (Text("no"),), is_error=True), ToolResult("d", is_error=True)) == [
        {"role": "tool", "tool_call_id": "c", "content": "Error: no"},
        {"role": "tool", "tool_call_id": "d", "content": "Error: "},
    ]


def test_an_empty_result_is_an_empty_string() -> None:
    assert said(U, ToolResult("c")) == [{"role": "tool", "tool_call_id": "c", "content": ""}]


def test_pictures_of_results_come_after_all_results() -> None:
    results = (ToolResult("c", (PICTURE, Text("a map"))), ToolResult("d", (Text("b"),)))
    messages, losses = written(Turn(U, results))
    assert messages == [
        {"role": "tool", "tool_call_id": "c", "content": "a map"},
        {"role": "tool", "tool_call_id": "d", "content": "b"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Result of tool call c (image):"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
            ],
        },
    ]
    assert losses == (MOVED,)


def test_documents_of_results_move_too() -> None:
    _, losses = written(Turn(U, (ToolResult("c", (Document(data="AA"), Document(text="words"))),)))
    assert losses == ("documents in tool results moved to a user message",)


@pytest.mark.parametrize(("model", "short"), [("gpt-4o", 40), ("mistral-large-latest", 9)])
def test_an_id_is_replaced_in_call_and_result_alike(model: str, short: int) -> None:
    long = "x" * 64
    messages, _ = written(Turn(A, (ToolCall(long, "f", "{}"),)), Turn(U, (ToolResult(long),)), model=model)
    assert isinstance(messages, list)
    call_id = messages[0]["tool_calls"][0]["id"]
    assert call_id == messages[1]["tool_call_id"]
    assert len(call_id) <= short


def test_mistrals_ids_are_nine_letters_or_digits() -> None:
    calls = tuple(ToolCall(call_id, "f", "{}") for call_id in ("D681PevKs", "call_1", "D681Pev-s"))
    messages, _ = written(Turn(A, calls), model="mistral-large-latest")
    assert isinstance(messages, list)
    ids = [call["id"] for call in messages[0]["tool_calls"]]
    assert ids[0] == "D681PevKs"
    assert len({*ids, "call_1", "D681Pev-s"}) == 5
    assert all(len(one) == 9 and one.isalnum() for one in ids)


def test_reasoning_of_earlier_turns_stays_behind() -> None:
    messages, losses = written(
        Turn(A, (Thinking("somewhere", "Hm", "seal"), Text("a"))), Turn(A, (Thinking(text="b"),))
    )
    assert messages == [{"role": "assistant", "content": "a"}]
    assert losses == ("thinking of earlier turns",)


def test_a_refusal_has_a_place_of_its_own_with_openai_alone() -> None:
    assert said(A, Refusal("I cannot.")) == [{"role": "assistant", "content": None, "refusal": "I cannot."}]
    assert said(A, Refusal("I cannot."), model="qwen3") == [{"role": "assistant", "content": "I cannot."}]


def test_system_turns_in_the_middle() -> None:
    turns = (Turn(S, (Text("a"),)), Turn(S, (Text("b"),)), Turn(U, (Text("c"),)), Turn(S, (Text("d"),)))
    messages, losses = written(*turns)
    assert [message["role"] for message in _list(messages)] == ["system", "system", "user", "system"]
    assert losses == ()
    messages, losses = written(*turns, able=Capabilities(system_turns=False))
    assert [message["role"] for message in _list(messages)] == ["system", "system", "user", "user"]
    assert losses == ("system turns in the middle (sent as the user's)",)


def test_a_turn_without_words_is_no_message() -> None:
    assert said(U, Text("")) == []


@pytest.mark.parametrize(
    ("part", "able", "what"),
    [
        (Image(url="https://a.example/b.png"), Capabilities(image_urls=False), "images by URL"),
        (Document(url="https://a.example/b.pdf"), ABLE, "documents by URL"),
    ],
)
def test_what_a_target_cannot_take(part: Image | Document, able: Capabilities, what: str) -> None:
    for turn in (Turn(U, (part,)), Turn(U, (ToolResult("c", (part,)),)), Turn(A, (part,)), Turn(S, (part,))):
        fault = write_prompt(prompt_of(turns=(turn,)), Target("gpt-4o", "u", able))
        assert isinstance(fault, Fault)
        assert (fault.kind, fault.message) == (FaultKind.NO_CANDIDATE, what)


def _list(messages: object) -> list[dict[str, object]]:
    assert isinstance(messages, list)
    return messages

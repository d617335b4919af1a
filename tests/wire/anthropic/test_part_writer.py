import pytest

from mainstay.model.catalogue import ABLE, Capabilities
from mainstay.model.conversation import Document, Image, Part, Refusal, Text, Thinking, ToolCall, ToolResult
from mainstay.wire.anthropic import body
from mainstay.wire.anthropic.part_writer import PartWriter
from mainstay.wire.notes import WritingNotes
from tests.wire.anthropic.neutral import HIDDEN, ISSUER, PARIS, SEALED


def writer(able: Capabilities = ABLE) -> tuple[PartWriter, WritingNotes]:
    notes = WritingNotes(able)
    return PartWriter(ISSUER, notes), notes


def shown(part: Part, able: Capabilities = ABLE) -> tuple[body.Block | None, tuple[str, ...]]:
    parts, notes = writer(able)
    block = parts.held_block(part)
    return block, notes.losses if notes.obstacle is None else (notes.obstacle.message,)


def answered(part: Part) -> tuple[body.Block | None, tuple[str, ...]]:
    parts, notes = writer()
    block = parts.answer_block(part)
    return block, notes.losses if notes.obstacle is None else (notes.obstacle.message,)


@pytest.mark.parametrize("blank", ["", " ", "\n\t"])
def test_blank_text_is_left_out(blank: str) -> None:
    assert shown(Text(blank)) == answered(Text(blank)) == (None, ())


@pytest.mark.parametrize(
    ("part", "block"),
    [
        (Text("Hi"), body.TextBlock("Hi")),
        (Image("image/png", "aGk="), body.ImageBlock(body.Base64Source("image/png", "aGk="))),
        (Image("image/JPG", "aGk=", detail="auto"), body.ImageBlock(body.Base64Source("image/jpeg", "aGk="))),
        (Image(url="https://a.example/b"), body.ImageBlock(body.UrlSource("https://a.example/b"))),
        (
            Document(data="aGk=", name="a.pdf"),
            body.DocumentBlock(body.Base64Source("application/pdf", "aGk="), "a.pdf"),
        ),
        (Document(url="https://a.example"), body.DocumentBlock(body.UrlSource("https://a.example"))),
        (Document("text/plain", text="words"), body.DocumentBlock(body.TextSource("words"))),
        (Document("text/markdown", data="aGk="), body.DocumentBlock(body.TextSource("hi"))),
        (Document("application/json", data="e30="), body.DocumentBlock(body.TextSource("{}"))),
        (Document("text/plain", text=" "), None),
    ],
)
def test_what_a_user_shows(part: Part, block: body.Block | None) -> None:
    assert shown(part) == (block, ())


@pytest.mark.parametrize(
    ("part", "obstacle"),
    [
        (Image("image/tiff", "aGk="), "images of the type image/tiff"),
        (Image(data="aGk="), "images of the type unknown"),
        (Image(url="http://a.example"), "images by a URL that is not https"),
        (Document(url="file:///a"), "documents by a URL that is not https"),
        (Document("application/msword", "aGk="), "documents of the type application/msword"),
        (Document("text/plain", "/w=="), "a text document that is not UTF-8"),
        (Document("text/plain", "no base64"), "a text document that is not UTF-8"),
        (PARIS, "tool calls or thinking in a user turn"),
        (SEALED, "tool calls or thinking in a user turn"),
    ],
)
def test_what_a_user_cannot_show(part: Part, obstacle: str) -> None:
    assert shown(part) == (None, (obstacle,))


def test_a_target_without_urls() -> None:
    unable = Capabilities(image_urls=False)
    assert shown(Image(url="https://a.example"), unable) == (None, ("images by URL",))
    assert shown(Document(url="https://a.example"), unable)[1] == ()


def test_a_wish_for_detail_is_lost() -> None:
    assert shown(Image("image/png", "aGk=", detail="high"))[1] == ("image detail",)


def test_what_the_assistant_said() -> None:
    assert answered(Refusal("I cannot.")) == (body.TextBlock("I cannot."), ())
    block, _ = answered(ToolCall("functions.weather:0", "weather", '{"a": 1}'))
    assert isinstance(block, body.ToolUseBlock)
    assert bytes(block.input) == b'{"a": 1}'
    assert block.id.startswith("toolu_")


def test_the_targets_own_thinking_goes_back() -> None:
    assert answered(SEALED) == (body.ThinkingBlock("Which city?", "c2ln"), ())
    assert answered(HIDDEN) == (body.RedactedThinkingBlock("cmVk"), ())
    assert answered(Thinking(ISSUER, "", "c2ln")) == (body.ThinkingBlock("", "c2ln"), ())


@pytest.mark.parametrize(
    "thinking", [Thinking("elsewhere", "Hm.", "c2ln"), Thinking("", "Hm.", "c2ln"), Thinking(ISSUER, "Hm.")]
)
def test_nobody_elses_thinking_does_nor_any_without_a_seal(thinking: Thinking) -> None:
    assert answered(thinking) == (None, ("thinking of earlier turns",))


@pytest.mark.parametrize(
    ("part", "obstacle"),
    [
        (ToolResult("x"), "tool results in an assistant turn"),
        (ToolCall("x", "weather", '{"city": '), "the arguments of the tool call x are no JSON object"),
        (Image("image/png", "aGk="), "images or documents in an assistant turn"),
        (Document(data="aGk="), "images or documents in an assistant turn"),
    ],
)
def test_what_an_assistant_cannot_say(part: Part, obstacle: str) -> None:
    assert answered(part) == (None, (obstacle,))


def test_a_result_goes_under_the_id_of_its_call() -> None:
    parts, notes = writer()
    call = parts.answer_block(ToolCall("a b", "weather", "{}"))
    assert isinstance(call, body.ToolUseBlock)
    result = ToolResult("a b", (Text("18"), Text(" "), Image("image/png", "aGk=")), is_error=True)
    picture = body.ImageBlock(body.Base64Source("image/png", "aGk="))
    assert parts.result_block(result) == body.ToolResultBlock(call.id, (body.TextBlock("18"), picture), is_error=True)
    assert notes.obstacle is None


def test_a_result_without_its_call_is_an_obstacle() -> None:
    parts, notes = writer()
    assert parts.result_block(ToolResult("x")) is None
    assert notes.obstacle is not None
    assert notes.obstacle.message == "a tool result without its call (x)"

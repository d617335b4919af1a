import msgspec
import pytest

from mainstay.wire.anthropic import body
from tests.wire.anthropic import official

RAW = msgspec.Raw(b'{"type":"object"}')
TEXT = body.TextBlock("Hi")
PICTURE = body.ImageBlock(body.Base64Source("image/png", "aGk="))
PAPER = body.DocumentBlock(body.TextSource("words"), "a.txt")


def test_what_is_at_its_default_is_not_sent() -> None:
    sent = official.request(msgspec.json.encode(body.Body("m", 1, [body.Message("user", [TEXT])])))
    assert set(sent) == {"model", "max_tokens", "messages"}


@pytest.mark.parametrize(
    ("role", "block", "kind"),
    [
        ("user", TEXT, "text"),
        ("user", PICTURE, "image"),
        ("user", body.ImageBlock(body.UrlSource("https://a.example")), "image"),
        ("user", PAPER, "document"),
        ("user", body.DocumentBlock(body.Base64Source("application/pdf", "aGk=")), "document"),
        ("user", body.DocumentBlock(body.UrlSource("https://a.example")), "document"),
        ("user", body.ToolResultBlock("toolu_1", (TEXT, PICTURE, PAPER), is_error=True), "tool_result"),
        ("assistant", body.ToolUseBlock("toolu_1", "t", RAW), "tool_use"),
        ("assistant", body.ThinkingBlock("Hm.", "c2ln"), "thinking"),
        ("assistant", body.RedactedThinkingBlock("cmVk"), "redacted_thinking"),
        ("system", TEXT, "text"),
    ],
)
def test_every_block_is_one_that_the_sdk_knows(role: str, block: body.Block, kind: str) -> None:
    sent = official.request(msgspec.json.encode(body.Body("m", 1, [body.Message(role, [block])])))
    assert sent["messages"][0]["content"][0]["type"] == kind


def test_every_parameter_is_one_that_the_sdk_knows() -> None:
    full = body.Body(
        model="m",
        max_tokens=1,
        messages=[body.Message("user", [TEXT])],
        system=(TEXT, TEXT),
        stream=True,
        stop_sequences=("END",),
        temperature=0.5,
        top_p=0.5,
        top_k=5,
        tools=(body.Tool("t", RAW, "does", strict=True),),
        tool_choice=body.ToolChoice("tool", "t", disable_parallel_tool_use=True),
        thinking=body.Thinking("adaptive", display="summarized"),
        output_config=body.OutputConfig("high", body.Format(RAW)),
        metadata=body.Metadata("u"),
        service_tier="auto",
    )
    assert set(official.request(msgspec.json.encode(full))) == set(body.Body.__struct_fields__)

import msgspec
import pytest

from mainstay.lab.provider.anthropic_body import Block, Message, ThinkingConfig, result_blocks


def test_text_is_a_block_of_text() -> None:
    assert Message("user", "hi").blocks == [Block(text="hi")]
    assert Message("user", "").blocks == []
    assert Message("user", [Block(text="h"), Block("image", text="no"), Block(text="i")]).text == "hi"


@pytest.mark.parametrize(
    ("content", "texts"), [(b'"4"', ["4"]), (b'[{"type":"text","text":"4"}]', ["4"]), (b"null", []), (b"[]", [])]
)
def test_a_result_is_text_or_blocks(content: bytes, texts: list[str]) -> None:
    block = Block("tool_result", content=msgspec.Raw(content))
    assert [inner.text for inner in result_blocks(block)] == texts


def test_a_result_is_nothing_else() -> None:
    with pytest.raises(msgspec.ValidationError):
        result_blocks(Block("tool_result", content=msgspec.Raw(b"4")))


def test_reasoning_is_on_or_off() -> None:
    assert [ThinkingConfig(kind).is_on for kind in ("enabled", "adaptive", "disabled")] == [True, True, False]

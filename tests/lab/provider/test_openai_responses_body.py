import msgspec
import pytest

from mainstay.lab.provider.openai_responses_body import Body, ContentPart, Item, Reasoning, output_parts


def test_text_is_a_message_of_the_user() -> None:
    assert Body("m", input="hi").items == [Item(role="user", content="hi")]
    assert Body("m", input="").items == Body("m").items == []


def test_text_is_a_part_of_its_side() -> None:
    assert Item(role="user", content="hi").parts == [ContentPart("input_text", "hi")]
    assert Item(role="assistant", content="hi").parts == [ContentPart("output_text", "hi")]


def test_an_output_is_text_or_parts() -> None:
    for output in (b'"4"', b'[{"type":"input_text","text":"4"}]'):
        assert output_parts(Item(output=msgspec.Raw(output))) == [ContentPart("input_text", "4")]
    with pytest.raises(msgspec.ValidationError):
        output_parts(Item(output=msgspec.Raw(b'{"a":1}')))


@pytest.mark.parametrize(
    ("effort", "summary", "is_on"),
    [("low", None, True), ("none", "auto", False), (None, "auto", True), (None, None, False)],
)
def test_reasoning_is_on_or_off(effort: str | None, summary: str | None, *, is_on: bool) -> None:
    assert Reasoning(effort, summary).is_on is is_on

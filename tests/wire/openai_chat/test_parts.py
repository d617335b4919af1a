from mainstay.model.piece import Said, Thought
from mainstay.wire.openai_chat.parts import AnswerPart, thinking_text, told_parts


def test_text_and_trains_of_thought() -> None:
    thinking = AnswerPart("thinking", thinking=[AnswerPart("text", "Hm"), AnswerPart("text", "!")])
    assert told_parts([thinking, AnswerPart("text", "Hi")]) == [Thought("Hm!"), Said("Hi")]


def test_empty_parts_say_nothing() -> None:
    assert told_parts([AnswerPart("text", ""), AnswerPart("thinking", thinking=[])]) == []


def test_thinking_may_be_a_string() -> None:
    assert thinking_text(AnswerPart("thinking", thinking="Hm")) == "Hm"


def test_parts_of_another_kind() -> None:
    assert told_parts([AnswerPart("text", "a"), AnswerPart("reference")]) is None

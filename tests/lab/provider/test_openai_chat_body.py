from mainstay.lab.provider.openai_chat_body import Body, ContentPart, Message


def test_text_is_a_part() -> None:
    assert Message("user", "hi").parts == [ContentPart(text="hi")]
    assert Message("user", "").parts == Message("assistant").parts == []
    assert Message("user", [ContentPart(text="h"), ContentPart("image_url"), ContentPart(text="i")]).text == "hi"


def test_one_stop_sequence_or_several() -> None:
    assert Body("m", [], stop="END").stop_sequences == Body("m", [], stop=["END"]).stop_sequences == ("END",)
    assert Body("m", []).stop_sequences == ()

import msgspec
import pytest

from mainstay.wire.openai_chat.request_shape import REQUEST
from tests.wire.openai_chat.crossing import golden


def test_what_does_not_concern_us_is_passed_over() -> None:
    request = REQUEST.decode(b'{"model":"m","messages":[{"role":"user","content":"a","x":1}],"y":{}}')
    assert request.messages[0].content == "a"


def test_choices_may_be_words_or_objects() -> None:
    named = REQUEST.decode(golden("request_full.json")).tool_choice
    assert not isinstance(named, str)
    assert REQUEST.decode(b'{"model":"m","messages":[],"tool_choice":"auto"}').tool_choice == "auto"


def test_wrong_types_are_told_with_their_place() -> None:
    with pytest.raises(msgspec.ValidationError, match=r"\$\.messages\[0\]\.role"):
        REQUEST.decode(b'{"model":"m","messages":[{"role":7}]}')

import msgspec
import pytest

from mainstay.lab.provider.gemini_body import Body, BodyPart


def test_functions_of_all_tools() -> None:
    tools = [{"functionDeclarations": [{"name": "a"}, {"name": "b"}]}, {"functionDeclarations": [{"name": "c"}]}]
    assert [function.name for function in msgspec.convert({"tools": tools}, Body).functions] == ["a", "b", "c"]


def test_a_part_says_how_many_things_it_is() -> None:
    assert BodyPart().kinds == 0
    assert BodyPart(text="").kinds == 1
    assert msgspec.convert({"text": "a", "functionCall": {"name": "f"}}, BodyPart).kinds == 2


@pytest.mark.parametrize("body", [{"model": "m"}, {"contents": [{"parts": [{"image": "x"}]}]}, {"stream": True}])
def test_a_member_with_an_unknown_name_is_refused(body: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(body, Body)

import msgspec
import pytest

from mainstay.lab.provider.steps import Body, Head


def test_steps_are_frozen_values() -> None:
    with pytest.raises(AttributeError):
        Body(b"a").data = b"b"  # type: ignore[misc]
    assert Head(200, ()) == msgspec.structs.replace(Head(500, ()), status=200)

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.lab.provider.fault import OK, FaultTextError, parse_fault, parse_fault_header, written
from mainstay.lab.provider.fault_table import FAULTS


def test_a_fault_without_parameters_has_the_defaults() -> None:
    cut = parse_fault("cut")
    assert (cut.text("phase"), cut.whole("after"), cut.flag("clean")) == ("content", 40, False)


def test_parameters_are_read_by_their_type() -> None:
    cut = parse_fault(" cut: phase=content , after=12, clean=true ")
    assert (cut.whole("after"), cut.flag("clean")) == (12, True)
    assert parse_fault("throttle:retry_after=0.5").number("retry_after") == 0.5


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_written_as_it_was_read(name: str) -> None:
    assert str(parse_fault(name)) == name
    for parameter in FAULTS[name].parameters:
        text = f"{name}:{parameter.name}={written(parameter.default)}"
        assert parse_fault(text) == parse_fault(name)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("overlaoded", "did you mean 'overloaded'"),
        ("cut:afer=3", "did you mean 'after'"),
        ("cut:after=soon", "cut:after is a number, not 'soon'"),
        ("cut:after=99999999999", "out of range"),
        ("slow:chars_per_second=nan", "out of range"),
        ("cut:clean=perhaps", "true or false"),
        ("cut:phase=middle", "one of headers, preamble"),
        ("refuse:now=1", "it takes none"),
        ("", "there is no fault"),
    ],
)
def test_a_mistake_is_explained(text: str, said: str) -> None:
    with pytest.raises(FaultTextError, match=said):
        parse_fault(text)


def test_the_header_is_read_for_one_provider() -> None:
    header = "primary=cut:after=12,clean=true; standby=ok"
    primary = parse_fault_header(header, "primary")
    assert primary is not None
    assert str(primary) == "cut:after=12,clean=true"
    assert parse_fault_header(header, "standby") == OK
    assert parse_fault_header(header, "third") is None
    assert parse_fault_header("", "primary") is None


@given(st.text(max_size=60))
def test_no_text_does_worse_than_an_explained_mistake(text: str) -> None:
    with contextlib.suppress(FaultTextError):
        assert str(parse_fault(text)).split(":")[0] in FAULTS

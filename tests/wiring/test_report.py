import pytest

from mainstay.wiring.report import report


def test_the_operator_is_told_on_the_error_stream(capsys: pytest.CaptureFixture[str]) -> None:
    report("a line")
    assert capsys.readouterr() == ("", "mainstay: a line\n")

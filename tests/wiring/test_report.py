import io
import sys
from pathlib import Path

import pytest

from mainstay.wiring.report import report


def test_the_operator_is_told_on_the_error_stream(capsys: pytest.CaptureFixture[str]) -> None:
    report("a line")
    assert capsys.readouterr() == ("", "mainstay: a line\n")


def test_who_tells_of_a_full_disk_lives_on_where_the_error_stream_is_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("needs /dev/full")
    stream = full.open("w")
    monkeypatch.setattr(sys, "stderr", stream)
    report("the disk is full")
    with pytest.raises(OSError, match="No space left"):
        stream.close()


def test_who_tells_something_lives_on_where_the_error_stream_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    stream.close()
    monkeypatch.setattr(sys, "stderr", stream)
    report("nobody hears this")

"""What people type about incidents."""

import io

import pytest
import typer

from mainstay.cli.incident_words import affected_of, instant_of, text_of, word_of
from mainstay.model.incident import Affected, ComponentStatus, Impact, IncidentStatus
from mainstay.ops.incidents.cleaning import TEXT_CHARACTERS_MAX


@pytest.mark.parametrize("text", ["investigating", "INV", " investigating "])
def test_the_beginning_of_a_word_is_enough(text: str) -> None:
    assert word_of(IncidentStatus, text, "a status") is IncidentStatus.INVESTIGATING


@pytest.mark.parametrize("text", ["", "i", "m\x1b", "over"])
def test_what_is_no_word_is_told_with_those_that_are(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        word_of(IncidentStatus, text, "a status")
    told = capsys.readouterr().err
    assert "a status is one of investigating, identified, monitoring, resolved, not" in told
    assert "\x1b" not in told


def test_words_that_begin_alike() -> None:
    assert word_of(Impact, "mi", "an impact") is Impact.MINOR
    with pytest.raises(typer.Exit):
        word_of(Impact, "m", "an impact")


@pytest.mark.parametrize(
    ("text", "affected"),
    [
        ("upstream:a", Affected("upstream:a", ComponentStatus.DEGRADED)),
        ("upstream:a=major", Affected("upstream:a", ComponentStatus.MAJOR_OUTAGE)),
        ("model:a=b=operational", Affected("model:a=b", ComponentStatus.OPERATIONAL)),
        ("gateway=under-maint", Affected("gateway", ComponentStatus.MAINTENANCE)),
    ],
)
def test_components(text: str, affected: Affected) -> None:
    assert affected_of(text) == affected


@pytest.mark.parametrize(
    ("text", "words"),
    [("anthropic", "'anthropic' is no component; write gateway"), ("gateway=bad", "a status is one of operational")],
)
def test_what_is_no_component(text: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        affected_of(text)
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    "text", ["2026-03-02T12:00:00Z", "2026-03-02 12:00", "2026-03-02T13:00:00+01:00", " 20260302T120000Z "]
)
def test_times(text: str) -> None:
    assert instant_of(text) == 1_772_452_800.0


def test_what_is_no_time(capsys: pytest.CaptureFixture[str]) -> None:
    assert instant_of(None) is None
    with pytest.raises(typer.Exit):
        instant_of("noon\x1b")
    assert capsys.readouterr().err == "'noon\N{REPLACEMENT CHARACTER}' is no time; write it as 2026-03-02T11:45:00Z\n"


def test_a_text_of_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("a\nb" + "c" * 9_999))
    assert text_of("x") == "x"
    found = text_of("-")
    assert (found[:4], len(found)) == ("a\nbc", TEXT_CHARACTERS_MAX + 1)

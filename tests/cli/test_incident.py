"""`mainstay incident`, as a person types it; on a real store, without a control plane."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mainstay.cli.incident import incident_app
from mainstay.ledger.files import control_journal_path
from mainstay.ledger.reader import RecordReader
from mainstay.model.records import IncidentRecord

STATE = Path("state")


@pytest.fixture(autouse=True)
def _in_an_empty_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(incident_app, [*arguments, "--state", str(STATE)], input=typed)


def done(*arguments: str, typed: str | None = None) -> str:
    result = run(*arguments, typed=typed)
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(*arguments: str) -> str:
    result = run(*arguments)
    assert result.exit_code == 1, result.output
    assert result.stderr.count("\n") == 1
    return result.stderr


def opened() -> None:
    done("open", "Logins fail", "--impact", "major", "--component", "upstream:a#login=major", "--component", "model:b")


def timeline(name: str = "1") -> list[str]:
    return [entry["words"] for entry in json.loads(done("show", name, "--json"))["timeline"]]


def test_an_incident_is_opened_and_led_to_its_end() -> None:
    opened()
    for arguments in (
        ("ack", "INC-1"),
        ("role", "INC-1", "commander", "ann"),
        ("move", "INC-1", "identified", "--text", "It is their edge."),
        ("post", "INC-1", "Half of it works."),
        ("note", "INC-1", "called them"),
        ("rate", "INC-1", "critical", "--why", "everybody feels it"),
        ("scope", "INC-1", "model:b=operational", "gateway=partial"),
        ("title", "INC-1", "Nobody can log in"),
        ("link", "INC-1", "order", "ORD-1", "--text", "moved away"),
        ("hide", "INC-1"),
        ("publish", "INC-1"),
        ("move", "INC-1", "resolved", "--text", "Over."),
    ):
        assert done(*arguments).startswith("INC-1  ")
    assert timeline() == [
        "opened as major: Logins fail",
        "acknowledged",
        "commander is ann",
        "identified: It is their edge.",
        "told everybody: Half of it works.",
        "noted: called them",
        "impact is critical: everybody feels it",
        "affected: model:b (operational), gateway (partial outage)",
        "is now called: Nobody can log in",
        "order ORD-1 belongs to it: moved away",
        "kept from the status page",
        "shown on the status page",
        "affected: upstream:a#login (operational), gateway (operational)",
        "resolved: Over.",
    ]
    shown = done("show", "inc-1")
    assert "resolved, impact critical" in shown
    assert "told everybody: Half of it works." in shown


def test_what_is_done_stands_in_the_journal_with_who_did_it() -> None:
    opened()
    done("ack", "1")
    with RecordReader(control_journal_path(STATE, 0)) as reader:
        records = [row.record() for row in reader.tail(9, "incident")]
    assert [(one.incident, one.via) for one in records if isinstance(one, IncidentRecord)] == [
        ("INC-1", "command-line")
    ] * 2


def test_lists() -> None:
    opened()
    done("open", "Slow")
    done("move", "1", "resolved")
    assert [line.split()[0] for line in done("list").splitlines()] == ["INC-2"]
    assert [line.split()[0] for line in done("list", "--all").splitlines()] == ["INC-2", "INC-1"]
    assert [line.split()[0] for line in done("list", "--all", "--limit", "1").splitlines()] == ["INC-2"]
    assert [line.split()[0] for line in done("list", "--all", "--search", "LOGINS").splitlines()] == ["INC-1"]
    assert done("list", "--search", "logins") == ""
    assert [(one["id"], one["is_open"]) for one in json.loads(done("list", "--all", "--json"))] == [
        ("INC-2", True),
        ("INC-1", False),
    ]


def test_where_there_is_nothing_yet_nothing_is_made() -> None:
    result = run("list")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "no open incidents; `mainstay incident list --all` shows the others\n"
    assert run("list", "--all").stderr == "no incidents\n"
    assert done("list", "--json") == "[]\n"
    assert "there is no store yet" in refused("post", "1", "x")
    assert "there is no store yet" in refused("show", "1")
    assert not STATE.exists()


def test_two_become_one() -> None:
    opened()
    done("open", "Slow")
    assert done("merge", "2", "1").startswith("INC-2  part of INC-1")
    assert refused("post", "2", "x") == "INC-2 goes on as part of INC-1; write to INC-1\n"


def test_programs_get_json() -> None:
    found = json.loads(done("open", "Slow", "--private", "--text", "-", "--json", typed="a\nb\n"))
    assert (found["id"], found["impact"], found["is_private"]) == ("INC-1", "minor", True)
    assert timeline() == ["opened as minor: Slow. a\nb"]


def test_what_happened_before() -> None:
    done("open", "Slow", "--started-at", "2026-03-02T11:40:00Z")
    done("note", "1", "the first complaint", "--at", "2026-03-02T11:45:00Z")
    found = json.loads(done("show", "1", "--json"))
    assert found["started_at"] == 1_772_451_600.0
    assert found["timeline"][0]["is_late"] is True
    assert "lies in the future" in refused("note", "1", "x", "--at", "2999-01-01")
    assert "this would be before; write a note" in refused("post", "1", "x", "--at", "2026-03-02")


def test_a_role_is_taken_and_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mainstay.cli.incident.user_name", lambda: "eve")
    opened()
    done("role", "1", "scribe")
    done("role", "1", "scribe", "")
    assert timeline()[1:] == ["scribe is eve", "scribe is nobody"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("post", "9", "x"), "there is no incident '9'; `mainstay incident list --all` shows all"),
        (("show", "x\x1b[31m"), "there is no incident"),
        (("report", "9"), "there is no incident '9'"),
        (("post", "1", " "), "the text is empty; write a sentence"),
        (("move", "1", "over"), "a status is one of investigating, identified, monitoring, resolved"),
        (("move", "1", "investigating"), "INC-1 is investigating already"),
        (("rate", "1", "huge"), "an impact is one of none, minor, major, critical"),
        (("scope", "1", "anthropic=major"), "'anthropic' is no component"),
        (("role", "1", "king"), "a role is one of commander, deputy, scribe, liaison, responder"),
        (("link", "1", "dog", "x"), "a link is one of order, run, provider, report"),
        (("merge", "1", "1"), "an incident cannot be merged into itself"),
        (("open", "x", "--impact", "m"), "an impact is one of"),
        (("open", " "), "the title is empty"),
        (("open", "x", "--started-at", "2999-01-01"), "the trouble cannot have begun at"),
        (("note", "1", "x", "--at", "noon"), "'noon' is no time"),
    ],
)
def test_what_cannot_be_is_told_in_a_line(arguments: tuple[str, ...], words: str) -> None:
    opened()
    told = refused(*arguments)
    assert words in told
    assert "\x1b" not in told
    assert timeline() == ["opened as major: Logins fail"]

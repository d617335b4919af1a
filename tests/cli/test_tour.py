"""What a newcomer is told: each command can be pasted into a shell and exists."""

import shlex
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import typer
from typer.core import TyperGroup

from mainstay.cli.main import app
from mainstay.cli.tour import ask_command, audit_command, demo_tour, greeting
from mainstay.config.load import load_text
from mainstay.config.snapshot import Snapshot
from mainstay.lab.provider.fault import parse_fault
from mainstay.model.call import Call
from mainstay.wire.registry import DIALECTS
from mainstay.wiring.simulation import DEMO_PORTS
from mainstay.wiring.source import demo_snapshot

PROGRAM = Path(".venv/bin/mainstay")
COLUMNS = 80
YAML = """
upstreams: {alpha: {dialect: anthropic, base_url: "http://127.0.0.1:9001"}}
models: {"*": {candidates: [{upstream: alpha}]}}
"""


@pytest.fixture
def snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Snapshot:
    monkeypatch.chdir(tmp_path)
    return demo_snapshot(DEMO_PORTS, tmp_path)


def commands(text: str) -> Iterator[list[str]]:
    """The commands of a text, as a shell splits them."""
    for paragraph in text.split("\n\n"):
        _, _, command = paragraph.partition("\n")
        if command.startswith(("curl", str(PROGRAM))):
            yield shlex.split(command)


def parse(arguments: list[str]) -> dict[str, object]:
    """What the command line makes of these arguments, without running them. Raises if it takes them not."""
    command = typer.main.get_command(app)
    context = typer.Context(command)
    while isinstance(command, TyperGroup):
        _, found, arguments = command.resolve_command(context, arguments)
        assert found is not None
        command = found
    return command.make_context("command", arguments).params


def test_the_tour_asks_breaks_asks_again_and_looks(snapshot: Snapshot) -> None:
    ask, broken, again, audit, heal = commands(demo_tour(PROGRAM, snapshot, DEMO_PORTS).plain)
    assert ask == again
    assert [one[0] for one in (ask, broken, audit, heal)] == ["curl", str(PROGRAM), str(PROGRAM), str(PROGRAM)]
    assert broken[1:3] == ["lab", "break"]
    assert audit[1:] == ["audit", "tail"]
    assert heal[1:] == ["lab", "heal", f"http://127.0.0.1:{DEMO_PORTS[0]}"]


def test_every_command_of_the_tour_exists(snapshot: Snapshot) -> None:
    found = [parse(one[1:]) for one in commands(demo_tour(PROGRAM, snapshot, DEMO_PORTS).plain) if one[0] != "curl"]
    assert len(found) == 3
    with pytest.raises(Exception, match="No such command 'brake'"):
        parse(["lab", "brake", "http://127.0.0.1:1", "cut"])
    with pytest.raises(Exception, match="Missing"):
        parse(["lab", "break", "http://127.0.0.1:1"])


def test_the_fault_of_the_tour_exists_and_hits_the_first_provider(snapshot: Snapshot) -> None:
    _, broken, *_ = commands(demo_tour(PROGRAM, snapshot, DEMO_PORTS).plain)
    parameters = parse(broken[1:])
    assert parse_fault(str(parameters["fault"])).name == "cut"
    first = snapshot.models["claude-demo"][0].upstream
    assert parameters["url"] == first.base_url


def test_the_question_is_one_that_the_gateway_understands(snapshot: Snapshot) -> None:
    arguments = shlex.split(ask_command(snapshot))
    assert f"{snapshot.gateway}/v1/messages" in arguments
    body = arguments[arguments.index("-d") + 1].encode()
    call = DIALECTS["anthropic"].read_call("/v1/messages", "", (), body)
    assert isinstance(call, Call)
    assert call.stream
    assert snapshot.menu(call.model, "default") is not None
    assert msgspec.json.decode(body)["messages"]


def test_no_line_is_too_long_for_a_terminal(snapshot: Snapshot) -> None:
    texts = greeting(PROGRAM, "demonstration", snapshot), demo_tour(PROGRAM, snapshot, DEMO_PORTS)
    assert [line for text in texts for line in text.plain.splitlines() if len(line) > COLUMNS] == []


def test_the_tour_says_that_providers_are_simulated_and_how_to_get_real_ones(snapshot: Snapshot) -> None:
    text = demo_tour(PROGRAM, snapshot, DEMO_PORTS).plain
    assert text.startswith("SIMULATED PROVIDERS")
    assert "ANTHROPIC_API_KEY" in text
    assert "-c FILE" in text


def test_the_greeting_says_where_everything_is(snapshot: Snapshot) -> None:
    text = greeting(PROGRAM, "demonstration", snapshot).plain
    for word in ("http://127.0.0.1:8484", "http://127.0.0.1:8485", "claude-demo, gpt-demo", "demonstration"):
        assert word in text
    assert "everybody on this machine, without a token" in text


@pytest.mark.parametrize(("state", "option"), [("", []), ("state: kept\n", ["--state", "kept"])])
def test_who_asks_for_tokens_says_how_to_make_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: str, option: list[str]
) -> None:
    loaded = load_text(f"{YAML}{state}auth: {{callers: tokens}}\n".encode(), tmp_path, {})
    assert loaded.snapshot is not None
    monkeypatch.chdir(tmp_path)
    text = greeting(PROGRAM, "mainstay.yaml", loaded.snapshot).plain
    _, _, command = text.partition("with a token: ")
    words = shlex.split(command.splitlines()[0])
    assert words == [str(PROGRAM), "token", "mint", "--tenant", "NAME", "--name", "NAME", *option]
    assert parse(words[1:])["tenant"] == "NAME"
    assert "without a token" not in text


def test_where_any_name_passes_the_greeting_says_so(tmp_path: Path) -> None:
    loaded = load_text(YAML.encode(), tmp_path, {})
    assert loaded.snapshot is not None
    assert "any model name, passed through" in greeting(PROGRAM, "mainstay.yaml", loaded.snapshot).plain


def test_records_elsewhere_are_found_by_the_command_that_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = load_text(f"{YAML}state: kept\n".encode(), tmp_path, {})
    assert loaded.snapshot is not None
    monkeypatch.chdir(tmp_path)
    command = audit_command(PROGRAM, loaded.snapshot)
    assert command == ".venv/bin/mainstay audit tail --state kept"
    assert parse(shlex.split(command)[1:])["state"] == Path("kept")


def test_a_program_far_away_is_shown_by_its_shortest_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    snapshot = demo_snapshot(DEMO_PORTS, tmp_path)
    assert audit_command(tmp_path / "bin" / "mainstay", snapshot) == "bin/mainstay audit tail"
    assert audit_command(Path("/m"), snapshot) == "/m audit tail"

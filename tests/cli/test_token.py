import re
import sys
from io import StringIO
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

from mainstay.cli import token as token_module
from mainstay.cli.token import token_app
from mainstay.wire.trust.token import SCANNER_PATTERN


class Machine:
    """A machine with a state folder, on which somebody types commands."""

    def __init__(self, state: Path) -> None:
        self.state = state

    def run(self, *words: str, typed: str | None = None) -> Result:
        return CliRunner().invoke(token_app, [*words, "--state", str(self.state)], input=typed)

    def mint(self, *options: str) -> str:
        result = self.run("mint", "--tenant", "acme", "--name", "ci", *options)
        assert result.exit_code == 0, result.stderr
        return result.stdout.strip()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "state")


def test_a_token_is_all_that_stands_on_standard_output(machine: Machine) -> None:
    result = machine.run("mint", "--tenant", "acme", "--name", "ci", "--days", "7")
    assert re.fullmatch(SCANNER_PATTERN + "\n", result.stdout)
    assert "bearer     acme/ci" in result.stderr
    assert result.stdout.strip() not in result.stderr


def test_what_was_asked_for_stands_in_the_token(machine: Machine) -> None:
    options = (
        "--workload batch --model claude-* --model gpt-5 --requests-per-minute 60 --usd-per-day 5 --usd-per-month 90"
    )
    shown = machine.run("inspect", machine.mint(*options.split()))
    assert shown.exit_code == 0
    assert "workload   batch" in shown.stdout
    assert "models     claude-*, gpt-5" in shown.stdout
    assert "allowance  60 requests a minute, 5 USD a day, 90 USD a month" in shown.stdout
    assert "verdict    accepted" in shown.stdout


def test_tokens_by_the_minute_stand_in_the_token_and_in_the_list(machine: Machine) -> None:
    options = "--input-tokens-per-minute 40000 --output-tokens-per-minute 8000"
    bounds = "40000 input tokens a minute, 8000 output tokens a minute"
    assert f"allowance  {bounds}" in machine.run("inspect", machine.mint(*options.split())).stdout
    machine.mint()
    bounded, unbounded = machine.run("list").stdout.splitlines()
    assert bounded.endswith(f"  {bounds}")
    assert unbounded.endswith("Z")


@pytest.mark.parametrize(
    "options",
    [
        ["--days", "401"],
        ["--days", "0"],
        ["--usd-per-day", "nan"],
        ["--usd-per-day", "inf"],
        ["--usd-per-day", "0"],
        ["--requests-per-minute", "0"],
        ["--requests-per-minute", "10000000000"],
        ["--input-tokens-per-minute", "0"],
        ["--input-tokens-per-minute", "-5"],
        ["--output-tokens-per-minute", "many"],
        ["--output-tokens-per-minute", "10000000000"],
        ["--workload", "a b"],
        ["--model", ""],
        ["--tenant", "a' OR '1'='1"],
        ["--name", "a\nb"],
    ],
)
def test_what_cannot_be_is_refused_in_words(machine: Machine, options: list[str]) -> None:
    result = machine.run("mint", "--tenant", "acme", "--name", "ci", *options)
    assert result.exit_code in {1, 2}
    assert result.stdout == ""
    assert result.stderr
    assert not isinstance(result.exception, ValueError)


def test_a_token_may_come_by_standard_input(machine: Machine) -> None:
    text = machine.mint()
    assert "accepted" in machine.run("inspect", "-", typed=f"{text}\n").stdout
    assert machine.run("revoke", "-", typed=text).exit_code == 0
    assert machine.run("inspect", "-", typed=text).exit_code == 1


@pytest.mark.parametrize("text", ["mst_a.b.c", "sk-abc", "", "x" * 10_000])
def test_a_token_that_is_not_accepted_ends_with_1(machine: Machine, text: str) -> None:
    machine.mint()
    result = machine.run("inspect", text)
    assert result.exit_code == 1
    assert "refused (invalid_token)" in result.stdout


def test_a_token_is_revoked_by_itself_or_its_id(machine: Machine) -> None:
    one, other = machine.mint(), machine.mint()
    listed = machine.run("list").stdout.splitlines()
    assert len(listed) == 2
    assert all("acme/ci" in line for line in listed)
    assert machine.run("revoke", listed[0].split()[0]).exit_code == 0
    assert machine.run("revoke", other).exit_code == 0
    for text in (one, other):
        result = machine.run("inspect", text)
        assert result.exit_code == 1
        assert "revoked_token" in result.stdout
    assert machine.run("list").stdout.count("revoked") == 2


def test_a_tenant_is_revoked_whole(machine: Machine) -> None:
    old = machine.mint()
    assert machine.run("revoke", "--tenant", "acme").exit_code == 0
    assert machine.run("inspect", old).exit_code == 1
    assert machine.run("inspect", machine.mint()).exit_code == 0
    first, second = machine.run("list").stdout.splitlines()
    assert (first.endswith("  revoked"), second.endswith("  revoked")) == (True, False)


@pytest.mark.parametrize("option", ["--tenant", "--name", "--workload"])
def test_a_name_that_is_none_is_refused_by_its_option(machine: Machine, option: str) -> None:
    options = {"--tenant": "acme", "--name": "ci"} | {option: "bad name"}
    result = machine.run("mint", *(word for pair in options.items() for word in pair))
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{option} 'bad name': a name has ")


@pytest.mark.parametrize("words", [["revoke"], ["revoke", "tok_1", "--tenant", "acme"], ["revoke", "nonsense"]])
def test_a_revocation_must_name_one_thing(machine: Machine, words: list[str]) -> None:
    machine.mint()
    result = machine.run(*words)
    assert result.exit_code == 1
    assert "token" in result.stderr


def test_keys_rotate_with_overlap_or_without(machine: Machine) -> None:
    text = machine.mint()
    assert machine.run("keys", "rotate").exit_code == 0
    assert machine.run("inspect", text).exit_code == 0
    assert machine.run("keys", "show").stdout.count("key_") == 2
    assert machine.run("keys", "rotate", "--retire-now").exit_code == 0
    assert machine.run("inspect", text).exit_code == 1
    assert machine.run("keys", "show").stdout.count("key_") == 1


def test_the_bundle_can_be_carried_to_another_machine(machine: Machine, tmp_path: Path) -> None:
    text = machine.mint()
    other = Machine(tmp_path / "other")
    assert other.run("inspect", text).exit_code == 1
    path = other.state / "keys" / "tokens" / "trust.jws"
    path.parent.mkdir(parents=True)
    path.write_text(machine.run("trust", "export").stdout)
    assert other.run("inspect", text).exit_code == 0
    refused = other.run("mint", "--tenant", "acme", "--name", "ci")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "the private key" in refused.stderr


@pytest.mark.parametrize(
    "words",
    [["revoke", "--tenant", "acme"], ["keys", "rotate"], ["trust", "push"]],
)
def test_gateways_are_told_at_once(machine: Machine, words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    machine.mint()
    pushed: list[tuple[str, list[str]]] = []

    def push(text: str, urls: list[str]) -> dict[str, str | None]:
        pushed.append((text, urls))
        return {"http://a:1": None, "http://b:1": "answered 409: it is older"}

    monkeypatch.setattr(token_module, "push", push)
    result = machine.run(*words, "--to", "http://a:1", "--to", "http://b:1")
    assert pushed == [(machine.run("trust", "export").stdout.strip(), ["http://a:1", "http://b:1"])]
    assert result.exit_code == 1
    assert "http://a:1: has it" in result.stderr
    assert "http://b:1: answered 409: it is older" in result.stderr


def test_nobody_is_told_who_was_not_named(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.mint()
    monkeypatch.setattr(httpx.Client, "post", lambda *_, **__: pytest.fail("told"))
    assert machine.run("keys", "rotate").exit_code == 0


@pytest.mark.parametrize("option", ["--usd-per-day", "--usd-per-month"])
def test_an_allowance_of_nothing_is_refused(machine: Machine, option: str) -> None:
    result = machine.run("mint", "--tenant", "acme", "--name", "ci", option, "0")
    assert result.exit_code == 1
    assert "an allowance of US dollars is above 0" in result.stderr


def test_without_a_token_that_is_still_good_it_says_so(machine: Machine) -> None:
    machine.mint()
    (machine.state / "keys" / "tokens" / "minted.jsonl").unlink()
    listed = machine.run("list")
    assert (listed.exit_code, listed.stdout) == (0, "")
    assert "`mainstay token mint` makes one" in listed.stderr


@pytest.mark.parametrize("words", [["inspect", "mst_x"], ["list"], ["keys", "show"], ["trust", "export"]])
def test_without_a_bundle_it_says_how_to_begin(machine: Machine, words: list[str]) -> None:
    result = machine.run(*words)
    assert result.exit_code == 1
    assert "mainstay token mint" in result.stderr


def test_standard_input_is_read_within_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", StringIO("x" * 1_000_000))
    assert len(token_module._read("-")) == 8_192

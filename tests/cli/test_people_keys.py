"""`mainstay people key`, as a person types it."""

import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mainstay.cli.people_keys import keys_app
from mainstay.control.people.accounts import Accounts
from mainstay.control.people.api_keys import ApiKeys
from mainstay.control.people.roles import Role


@pytest.fixture(autouse=True)
def ada(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Accounts(Path("state")).add("ada", Role.ADMIN, "hash", 1.0)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(keys_app, [*arguments, "--state", "state"])


def test_a_key_is_printed_once_and_works() -> None:
    result = run("add", "Ada", "--role", "operator", "--days", "2")
    assert result.exit_code == 0
    assert ApiKeys(Path("state"), time.time).owner(result.stdout.strip()) == ("ada", Role.OPERATOR)
    listed = run("list")
    assert "operator" in listed.stdout
    assert result.stdout.strip() not in listed.stdout


def test_a_removed_key_is_gone() -> None:
    run("add", "ada")
    (identity,) = ApiKeys(Path("state"), time.time).all()
    assert run("remove", identity).exit_code == 0
    assert "no keys" in run("list").stderr
    assert "no key" in run("remove", identity).stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("add", "eve"), "there is no account 'eve'"),
        (("add", "ada", "--role", "god"), "viewer, operator, admin"),
        (("add", "ada", "--days", "1000"), "at most 366 days"),
    ],
)
def test_what_cannot_be_is_refused_in_words(arguments: tuple[str, ...], words: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 1
    assert words in result.stderr

"""`mainstay people`, as a person types it."""

import json
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mainstay.cli import people as people_module
from mainstay.cli.people import people_app
from mainstay.control.people.accounts import Accounts
from mainstay.control.people.cookie_keys import CookieKeys, Seal, key_path
from mainstay.control.people.passwords import Argon2
from mainstay.ledger.files import control_journal_path
from mainstay.ledger.reader import RecordReader

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(people_module, "Argon2", lambda: Argon2(memory_kibibytes=64, passes=1))
    monkeypatch.chdir(tmp_path)


def run(*arguments: str, typed: str = PASSWORD + "\n") -> Result:
    return CliRunner().invoke(people_app, [*arguments, "--state", "state"], input=typed)


def accounts() -> Accounts:
    return Accounts(Path("state"))


def test_a_person_is_added_with_the_password_of_standard_input() -> None:
    result = run("add", "Ann", "--role", "admin")
    assert result.exit_code == 0
    assert "ann may log in as admin" in result.stderr
    account = accounts().all()["ann"]
    assert Argon2().verify(account.password, PASSWORD)
    assert PASSWORD not in accounts().path.read_text() + result.output
    assert stat.S_IMODE(accounts().path.stat().st_mode) == 0o600


def test_a_person_types_the_password_twice_and_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people_module, "is_terminal", lambda: True)
    result = run("add", "ann", "--role", "admin", typed=f"{PASSWORD}\nsomething else\n{PASSWORD}\n{PASSWORD}\n")
    assert result.exit_code == 0
    assert PASSWORD not in result.output
    assert Argon2().verify(accounts().all()["ann"].password, PASSWORD)


def test_a_password_is_never_an_argument() -> None:
    assert run("add", "ann", "--role", "admin", "--password", PASSWORD).exit_code == 2
    assert run("add", "ann", PASSWORD, "--role", "admin").exit_code == 2
    assert run("password", "ann", PASSWORD).exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "typed", "words"),
    [
        (("add", "ann", "--role", "root"), PASSWORD, "a role is one of viewer, operator, admin"),
        (("add", "a b", "--role", "admin"), PASSWORD, "a name has 1 to 64"),
        (("add", "x\x1b[31m", "--role", "admin"), PASSWORD, "a name has 1 to 64"),
        (("add", "ann", "--role", "admin"), "short\n", "12 to 256 characters"),
        (("add", "ann", "--role", "admin"), "", "12 to 256 characters"),
        (("add", "ann", "--role", "admin"), "x" * 10_000, "12 to 256 characters"),
        (("remove", "ann"), "", "there is no account ann"),
        (("role", "ann", "admin"), "", "there is no account ann"),
        (("role", "ann", "root"), "", "a role is one of"),
        (("password", "ann"), PASSWORD, "there is no account 'ann'"),
    ],
)
def test_what_cannot_be_is_told_in_a_line(arguments: tuple[str, ...], typed: str, words: str) -> None:
    result = run(*arguments, typed=typed)
    assert result.exit_code == 1
    assert words in result.stderr
    assert result.stderr.count("\n") == 1
    assert "\x1b" not in result.stderr
    assert accounts().all() == {}


def test_people_are_listed_without_hashes() -> None:
    assert "make one with" in run("list").stderr
    run("add", "bob", "--role", "viewer")
    run("add", "ann", "--role", "admin")
    result = run("list")
    assert [line.split()[:2] for line in result.stdout.splitlines()[1:]] == [["ann", "admin"], ["bob", "viewer"]]
    assert "$argon2" not in result.output


def test_a_role_is_changed_and_the_session_goes_on() -> None:
    run("add", "ann", "--role", "admin")
    before = accounts().all()["ann"].epoch
    assert run("role", "ANN", "operator").exit_code == 0
    account = accounts().all()["ann"]
    assert (account.role, account.epoch) == ("operator", before)


def test_a_new_password_ends_the_persons_sessions() -> None:
    run("add", "ann", "--role", "admin")
    before = accounts().all()["ann"].epoch
    result = run("password", "Ann", typed="another good password\r\n")
    assert result.exit_code == 0
    account = accounts().all()["ann"]
    assert account.epoch > before
    assert Argon2().verify(account.password, "another good password")


def test_a_person_is_removed_and_the_last_admin_is_missed() -> None:
    run("add", "ann", "--role", "admin")
    run("add", "bob", "--role", "admin")
    assert "no local admin is left" not in run("remove", "bob").stderr
    result = run("remove", "ann")
    assert result.exit_code == 0
    assert "no local admin is left" in result.stderr
    assert accounts().all() == {}


def test_everybody_is_logged_out_by_one_command() -> None:
    seal = Seal(CookieKeys(Path("state"), lambda: 0.0))
    cookie = seal.seal("session", b"x")
    assert run("sessions", "rotate").exit_code == 0
    assert seal.unseal("session", cookie) == b"x"
    assert run("sessions", "end").exit_code == 0
    assert seal.unseal("session", cookie) is None


def test_damaged_files_are_named_and_kept() -> None:
    run("add", "ann", "--role", "admin")
    accounts().path.write_bytes(b"{")
    for arguments in (("add", "bob", "--role", "admin"), ("list",), ("remove", "ann"), ("password", "ann")):
        result = run(*arguments)
        assert result.exit_code == 1
        assert "people.json" in result.stderr
        assert "damaged" in result.stderr
    assert accounts().path.read_bytes() == b"{"
    key_path(Path("state")).write_bytes(b"{")
    result = run("sessions", "rotate")
    assert result.exit_code == 1
    assert "mainstay people sessions end" in result.stderr
    assert run("sessions", "end").exit_code == 0


def test_a_folder_that_cannot_be_is_told_in_a_line() -> None:
    Path("state").write_bytes(b"no folder")
    for arguments in (("add", "ann", "--role", "admin"), ("remove", "ann"), ("sessions", "end")):
        result = run(*arguments)
        assert result.exit_code == 1, arguments
        assert result.stderr.count("\n") == 1


def test_the_configuration_names_the_folder() -> None:
    Path("m.yaml").write_text(
        'state: elsewhere\nupstreams: {a: {dialect: anthropic, base_url: "http://127.0.0.1:2"}}\n'
        "models: {m: {candidates: [{upstream: a}]}}\n"
    )
    arguments = ["add", "ann", "--role", "admin", "-c", "m.yaml"]
    assert CliRunner().invoke(people_app, arguments, input=PASSWORD + "\n").exit_code == 0
    assert list(json.loads(Path("elsewhere/control/people.json").read_text())["people"]) == ["ann"]


def test_every_change_is_written_down_and_no_refusal() -> None:
    run("add", "Ann", "--role", "admin")
    run("add", "ann", "--role", "viewer")
    run("role", "ann", "operator")
    run("password", "ann", typed="another good password\n")
    run("sessions", "rotate")
    run("sessions", "end")
    run("list")
    run("remove", "ANN")
    run("remove", "ann")
    with RecordReader(control_journal_path(Path("state"), 0)) as reader:
        bodies = [row.body for row in reader.since(0, 100)]
    deeds = [json.loads(body) for body in bodies]
    assert [(deed["action"], deed["person"], deed["detail"]) for deed in deeds] == [
        ("person-added", "ann", "as admin"),
        ("role-changed", "ann", "from admin to operator"),
        ("password-changed", "ann", "sessions ended too"),
        ("sessions-rotated", "", "a new key for cookies; no session ended"),
        ("sessions-ended", "", "of everybody"),
        ("person-removed", "ann", "sessions ended too"),
    ]
    assert not any(secret in body for body in bodies for secret in (PASSWORD.encode(), b"argon2", b"another good"))

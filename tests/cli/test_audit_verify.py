import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mainstay.cli.audit import audit_app
from mainstay.ledger.chain_reader import ChainReader
from mainstay.ledger.files import journal_path
from mainstay.ledger.marks import Mark, marks_folder, write_mark
from mainstay.ledger.store.opening import open_store
from tests.ledger.conftest import new_journal, write_version_1

Run = Callable[..., Result]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Two workers' journals of 10 records each."""
    folder = tmp_path / "mainstay-data"
    folder.mkdir()
    for worker in (0, 1):
        new_journal(journal_path(folder, worker), commits=2, files=True)
    return folder


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(audit_app, ["verify", *(str(argument) for argument in arguments)])


def ship(state: Path, sequence: int = 10) -> None:
    store = open_store(None, state)
    for worker in (0, 1):
        with ChainReader(journal_path(state, worker)) as reader:
            segments = [one for one in reader.segments() if one.last_sequence <= sequence]
            end = store.append(reader.chain(), segments, ())
            write_mark(marks_folder(state), Mark(reader.chain().id, end.sequence, end.digest.hex(), 0.0))
    store.close()


def edit(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(statement)
    connection.close()


def test_sound_journals_are_said_to_be_sound(state: Path) -> None:
    result = run("--state", state)
    assert result.exit_code == 0, result.output
    *chains, verdict = result.stdout.splitlines()
    assert ["10 records, 1 to 10" in line and line.startswith("sound") for line in chains] == [True, True]
    assert verdict == "sound: every chain holds from its beginning to its end"


def test_the_first_altered_record_is_named(state: Path) -> None:
    edit(journal_path(state, 1), "UPDATE segment SET records = 4 WHERE first_sequence = 6")
    result = run("--state", state)
    assert result.exit_code == 1
    with ChainReader(journal_path(state, 1)) as reader:
        chain = reader.chain().id
    where = f"journal-1.sqlite  chain {chain}  record 6 (ex_1-0): 5 records are here, but 4 are said to be"
    assert f"BROKEN  {where}" in result.stdout
    assert result.stdout.splitlines()[-1] == f"broken: {where}"


def test_what_cannot_be_told_is_said(state: Path) -> None:
    (state / "journal-0.head").unlink()
    result = run("--state", state)
    assert result.exit_code == 2
    assert "CANNOT TELL  journal-0.sqlite" in result.stdout
    assert result.stdout.splitlines()[-1].startswith("cannot tell: nothing is known to be wrong")


def test_a_deleted_journal_is_missed(state: Path) -> None:
    journal_path(state, 1).unlink()
    result = run("--state", state)
    assert result.exit_code == 1
    assert "the journal of this chain is missing: the head journal-1.head knows 10 records" in result.stdout


def test_keys_that_were_kept_elsewhere_prove_more(state: Path, tmp_path: Path) -> None:
    kept = tmp_path / "keys.json"
    shutil.copy(state / "keys" / "ledger" / "keys.json", kept)
    assert run("--state", state, "--keys", kept).exit_code == 0
    # Somebody writes another history, with keys of his own.
    shutil.rmtree(state)
    state.mkdir()
    for worker in (0, 1):
        new_journal(journal_path(state, worker), files=True)
    assert run("--state", state).exit_code == 0
    result = run("--state", state, "--keys", kept)
    assert result.exit_code == 2
    assert "which is not known here" in result.stdout


def test_the_keys_of_every_replica_prove_what_they_share(state: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    new_journal(journal_path(other, 0), commits=2, files=True)
    store = open_store(None, state)
    with ChainReader(journal_path(other, 0)) as reader:
        store.append(reader.chain(), list(reader.segments()), reader.numbered_checkpoints_after(0))
    store.close()
    result = run("--state", state)
    assert result.exit_code == 2
    assert "which is not known here" in result.stdout
    folders = [folder / "keys" / "ledger" for folder in (state, other)]
    assert run("--state", state, "--keys", folders[0], "--keys", folders[1]).exit_code == 0


@pytest.mark.parametrize("sequence", [0, 5, 10])
def test_journals_and_store_are_compared(state: Path, sequence: int) -> None:
    ship(state, sequence)
    result = run("--state", state)
    assert result.exit_code == 0, result.output


def test_a_store_with_an_altered_record_is_broken(state: Path) -> None:
    ship(state)
    edit(state / "ledger.sqlite", "UPDATE record SET body = replace(body, 'anthropic', 'anthropoc') WHERE sequence = 7")
    result = run("--state", state)
    assert result.exit_code == 1
    assert "BROKEN  store" in result.stdout


def test_a_journal_behind_its_store_is_broken(state: Path, tmp_path: Path) -> None:
    before = tmp_path / "before"
    shutil.copytree(state, before)
    new_journal(journal_path(state, 0), files=True)
    ship(state, 15)
    for name in ("journal-0.sqlite", "journal-0.head"):
        shutil.copy(before / name, state / name)
    shutil.rmtree(marks_folder(state))
    result = run("--state", state)
    assert result.exit_code == 1
    assert "records 11 to 15 are missing in the journal, the store has them" in result.stdout


def test_a_store_that_is_gone_is_missed_by_the_marks(state: Path) -> None:
    ship(state)
    (state / "ledger.sqlite").unlink()
    result = run("--state", state)
    assert result.exit_code == 2, result.output
    assert "there is none here, but marks tell of one that has records" in result.stdout


def test_a_store_that_is_none_leaves_it_open(state: Path) -> None:
    (state / "ledger.sqlite").write_bytes(b"no database" * 1_000)
    result = run("--state", state)
    assert result.exit_code in {1, 2}
    assert "ledger.sqlite" in result.stdout


def test_a_journal_that_was_not_migrated_leaves_it_open(tmp_path: Path) -> None:
    write_version_1(journal_path(tmp_path, 0), 5)
    result = run("--state", tmp_path)
    assert result.exit_code == 2
    assert "not chained yet" in result.stdout


def test_no_journal_is_told_with_what_to_do(tmp_path: Path) -> None:
    result = run("--state", tmp_path)
    assert result.exit_code == 2
    assert "no journal here; name the gateway's state folder with --state or -c" in result.stderr


def test_public_keys_that_are_none_are_told(state: Path) -> None:
    (state / "keys" / "ledger" / "keys.json").write_text("no keys")
    result = run("--state", state)
    assert result.exit_code == 2
    assert "keys.json: not a file of public keys" in result.stderr


CONFIGURATION = """
state: {state}
store: env:UNSET_STORE
upstreams:
  anthropic:
    dialect: anthropic
    base_url: https://api.anthropic.com
    credentials: [{{name: main, key: env:UNSET_KEY}}]
models:
  claude: {{candidates: [{{upstream: anthropic}}]}}
"""


def test_a_store_whose_address_is_not_known_here_leaves_it_open(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("UNSET_KEY", "UNSET_STORE"):
        monkeypatch.delenv(name, raising=False)
    file = state.parent / "mainstay.yaml"
    file.write_text(CONFIGURATION.format(state="./mainstay-data"))
    result = run("-c", file)
    assert result.exit_code == 2, result.output
    assert "the store is env:UNSET_STORE, which gives nothing here" in result.stdout


def test_control_characters_from_a_file_do_not_reach_the_terminal(state: Path) -> None:
    edit(journal_path(state, 0), "UPDATE chain SET id = 'ch_\x1b[2J'")
    result = run("--state", state)
    assert result.exit_code == 1
    assert "\x1b[2J" not in result.stdout


@pytest.mark.parametrize(("records", "code"), [(5, 0), (4, 1)])
def test_the_verdict_stands_when_nobody_reads_the_lines(state: Path, records: int, code: int) -> None:
    edit(journal_path(state, 1), f"UPDATE segment SET records = {records} WHERE first_sequence = 6")  # noqa: S608 - ours
    command = [sys.executable, "-m", "mainstay.cli.main", "audit", "verify", "--state", str(state)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as verifying:  # noqa: S603 - ours
        assert verifying.stdout is not None
        assert verifying.stderr is not None
        verifying.stdout.close()
        assert verifying.stderr.read() == b""
    assert verifying.returncode == code

import csv
import importlib
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
import typer
from typer.testing import CliRunner, Result

from mainstay.cli.audit_export import export
from mainstay.cli.export_writers import KINDS
from mainstay.ledger.chain_reader import ChainReader
from mainstay.ledger.files import journal_path
from mainstay.ledger.sqlite import RecordStore
from mainstay.ledger.store.opening import open_store
from mainstay.model.records import Record
from tests.ledger.conftest import alert, attempt, breaker, exchange

RECORDS: list[Record] = [attempt(1, at=10.0), exchange(at=11.0), alert(at=12.0), breaker("open", at=13.0)]
MARCH = 1_772_409_600.0  # 2026-03-02


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Four records, of which the store has two."""
    folder = tmp_path / "mainstay-data"
    folder.mkdir()
    for part in (RECORDS[:2], RECORDS[2:]):
        with RecordStore(journal_path(folder, 0)) as journal:
            journal.append(part)
        if part is not RECORDS[2:] and not (folder / "ledger.sqlite").exists():
            ship(None, folder)
    return folder


def ship(dsn: str | None, folder: Path) -> None:
    store = open_store(dsn, folder)
    with ChainReader(journal_path(folder, 0)) as reader:
        store.append(reader.chain(), reader.segments_after(0, 10**9))
    store.close()


def run(*arguments: str | Path) -> Result:
    app = typer.Typer()
    app.command()(export)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def lines(*records: Record) -> bytes:
    return b"".join(msgspec.json.encode(record) + b"\n" for record in records)


def test_json_lines_are_the_records_of_store_and_journal_as_they_are(state: Path) -> None:
    result = run("--format", "jsonl", "--state", state)
    assert result.exit_code == 0, result.stderr
    assert result.stdout_bytes == lines(*RECORDS)
    assert result.stderr == ""


def test_they_can_be_chosen(state: Path) -> None:
    with RecordStore(journal_path(state, 0)) as journal:
        journal.append([alert("al_2", at=MARCH), alert("al_3", at=MARCH + 86_400)])
    for arguments, chosen in (
        (("--kind", "alert", "--until", "2026-03-01"), [RECORDS[2]]),
        (("--since", "2026-03-02", "--until", "2026-03-03T00:00:00+00:00"), [alert("al_2", at=MARCH)]),
        (("--since", "2026-03-02T12:00"), [alert("al_3", at=MARCH + 86_400)]),
        (("--tenant", "local"), [RECORDS[0]]),
        (("--tenant", "'; DROP TABLE record; --"), []),
    ):
        assert run("--format", "jsonl", "--state", state, *arguments).stdout_bytes == lines(*chosen)


def test_csv_of_one_kind_goes_to_the_terminal_or_a_file(state: Path, tmp_path: Path) -> None:
    result = run("--format", "csv", "--kind", "attempt", "--state", state)
    assert [row[2] for row in csv.reader(result.stdout.splitlines())] == ["id", "ex_1-1"]
    file = tmp_path / "attempts.csv"
    assert run("--format", "csv", "--kind", "attempt", "--state", state, "-o", file).exit_code == 0
    assert file.read_text() == result.stdout
    assert list(tmp_path.glob("*.part")) == []


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_all_kinds_go_to_a_folder(state: Path, tmp_path: Path, form: str) -> None:
    folder = tmp_path / "a" / "tables"
    result = run("--format", form, "--state", state, "-o", folder)
    assert result.exit_code == 0, result.stderr
    assert sorted(path.name for path in folder.iterdir()) == [f"{kind}.{form}" for kind in sorted(KINDS)]


def test_parquet_of_one_kind_goes_to_a_file(state: Path, tmp_path: Path) -> None:
    file = tmp_path / "alerts.parquet"
    assert run("--format", "parquet", "--kind", "alert", "--state", state, "-o", file).exit_code == 0
    read = importlib.import_module("pyarrow.parquet").read_table(file)
    assert [row["id"] for row in read.to_pylist()] == ["al_1"]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--format", "csv"), "name it with --kind"),
        (("--format", "parquet"), "name it with --kind"),
        (("--format", "parquet", "--kind", "alert"), "cannot be written to a terminal"),
        (("--format", "csv", "--kind", "invoice", "-o", "x"), "attempt, exchange"),
        (("--format", "jsonl", "--kind", "invoice"), "attempt, exchange"),
        (("--format", "jsonl", "--since", "yesterday"), "2026-03-02T10:00"),
        (("--format", "jsonl", "-o", "/none/records.jsonl"), ": /none/records.jsonl: No such file or directory"),
    ],
)
def test_what_cannot_be_done_is_refused_with_what_to_do(state: Path, arguments: tuple[str, ...], why: str) -> None:
    result = run("--state", state, *arguments)
    assert result.exit_code == 1
    assert why in result.stderr
    assert result.stdout == ""


def test_a_folder_with_nothing_in_it_is_refused(tmp_path: Path) -> None:
    result = run("--format", "jsonl", "--state", tmp_path)
    assert result.exit_code == 1
    assert "no store and no journal here; name the state folder with --state or -c" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_journal_that_cannot_be_read_is_told_behind_what_can(state: Path) -> None:
    journal_path(state, 1).write_bytes(b"no database at all" * 100)
    result = run("--format", "jsonl", "--state", state)
    assert result.exit_code == 1
    assert result.stdout_bytes == lines(*RECORDS)
    assert "records may be missing" in result.stderr
    assert "journal-1.sqlite" in result.stderr


def test_records_of_a_later_version_are_in_json_lines_and_are_told_for_tables(state: Path, tmp_path: Path) -> None:
    later = msgspec.defstruct("Later", [("id", str), ("at", float)], tag="later")
    with RecordStore(journal_path(state, 0)) as journal:
        journal.append([later("l_1", 20.0)])  # type: ignore[list-item] # of a version to come
    assert b"l_1" in run("--format", "jsonl", "--state", state).stdout_bytes
    result = run("--format", "csv", "--state", state, "-o", tmp_path / "tables")
    assert result.exit_code == 1
    assert "1 records do not fit into a table" in result.stderr
    assert "'later'" in result.stderr


def test_a_file_gets_its_name_only_when_it_is_whole(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "all.jsonl"
    file.write_text("the export of yesterday")
    (state / "ledger.sqlite").write_bytes(b"no database at all" * 100)
    result = run("--format", "jsonl", "--state", state, "-o", file)
    assert result.exit_code == 1
    assert "ledger.sqlite" in result.stderr
    assert file.read_text() == "the export of yesterday"

    def full(_self: object, _found: object) -> None:
        raise OSError(28, "No space left on device")

    (state / "ledger.sqlite").unlink()
    monkeypatch.setattr("mainstay.cli.export_writers.JsonLines.write", full)
    result = run("--format", "jsonl", "--state", state, "-o", file)
    assert (result.exit_code, "No space left" in result.stderr) == (1, True)
    assert file.read_text() == "the export of yesterday"
    assert list(tmp_path.glob("*.part")) == []


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_who_has_read_enough_may_close_the_pipe(state: Path, form: str) -> None:
    with RecordStore(journal_path(state, 0)) as journal:
        journal.append([attempt(number, "ex_2") for number in range(5_000)])
    program = [sys.executable, "-m", "mainstay.cli.main", "audit", "export", "--format", form, "--kind", "attempt"]
    with subprocess.Popen(  # noqa: S603 - our own program
        [*program, "--state", str(state)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as exporting:
        assert exporting.stdout is not None
        assert exporting.stderr is not None
        assert exporting.stdout.readline()
        exporting.stdout.close()
        assert exporting.stderr.read() == b""


CONFIGURATION = """
state: ./mainstay-data
store: env:STORE_OF_THE_TEST
upstreams:
  anthropic:
    dialect: anthropic
    base_url: https://api.anthropic.com
models:
  claude: {candidates: [{upstream: anthropic}]}
"""


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    path = tmp_path / "mainstay.yaml"
    path.write_text(CONFIGURATION)
    return path


def test_the_configuration_names_the_store(
    state: Path, configuration: Path, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ship(postgres, state)
    (state / "ledger.sqlite").unlink()
    for path in state.glob("journal-0.*"):
        path.unlink()
    monkeypatch.setenv("STORE_OF_THE_TEST", postgres)
    result = run("--format", "jsonl", "-c", configuration)
    assert result.exit_code == 0, result.stderr
    assert result.stdout_bytes == lines(*RECORDS)


@pytest.mark.usefixtures("state")
def test_a_store_that_is_named_and_not_known_is_not_replaced_by_another(
    configuration: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STORE_OF_THE_TEST", raising=False)
    result = run("--format", "jsonl", "-c", configuration)
    assert result.exit_code == 1
    assert "env:STORE_OF_THE_TEST" in result.stderr
    assert result.stdout == ""


@pytest.mark.usefixtures("state")
def test_a_store_that_does_not_answer_is_told_without_its_password(
    configuration: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORE_OF_THE_TEST", "postgresql://someone:canary@127.0.0.1:1/nowhere")
    result = run("--format", "jsonl", "-c", configuration)
    assert result.exit_code == 1
    assert "127.0.0.1:1" in result.stderr
    assert "canary" not in result.output
    assert "Traceback" not in result.output

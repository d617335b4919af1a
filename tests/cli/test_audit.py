from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner, Result

from mainstay.cli.audit import audit_app, read_exchange, read_tail
from mainstay.ledger.errors import LedgerError
from mainstay.ledger.files import journal_path
from mainstay.ledger.sqlite import RecordStore
from mainstay.model.records import CapacityRecord, ProofRecord, Record
from tests.ledger.conftest import alert, attempt, breaker, exchange


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Two workers' journals: exchanges 0 to 5, one second each, worker 0 the even ones, an alert at 2.5."""
    folder = tmp_path / "mainstay-data"
    folder.mkdir()
    for worker in (0, 1):
        records: list[Record] = []
        for number in range(worker, 6, 2):
            records += [attempt(1, f"ex_{number}", at=number), exchange(f"ex_{number}", at=number)]
        write(folder, records, worker)
    write(folder, [alert(at=2.5)])
    return folder


def write(folder: Path, records: list[Record], worker: int = 0) -> None:
    with RecordStore(journal_path(folder, worker)) as store:
        store.append(records)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(audit_app, ["tail", *(str(argument) for argument in arguments)])


def test_the_last_exchanges_of_all_workers_newest_last(state: Path) -> None:
    assert [row.id for row in read_tail(state, 4)] == [
        "ex_2-1",
        "ex_2",
        "al_1",
        "ex_3-1",
        "ex_3",
        "ex_4-1",
        "ex_4",
        "ex_5-1",
        "ex_5",
    ]


def test_what_happened_before_the_first_shown_exchange_is_not_shown(state: Path) -> None:
    assert "al_1" not in [row.id for row in read_tail(state, 3)]


def test_capacity_and_proofs_are_shown_between_the_exchanges(state: Path) -> None:
    capacity = CapacityRecord("ca_1", 4.5, "limit", "alpha", "claude", "12", "overloaded")
    write(state, [capacity, ProofRecord("pr_1", 4.6, "alpha", "claude", "main", "ok")])
    assert [row.id for row in read_tail(state, 2)] == ["ex_4-1", "ex_4", "ca_1", "pr_1", "ex_5-1", "ex_5"]


def test_a_young_journal_is_shown_whole(state: Path) -> None:
    write(state, [breaker("open", at=-100.0)])
    rows = read_tail(state, 20)
    assert rows[0].kind == "breaker"
    assert len(rows) == 14


def test_attempts_of_running_exchanges_are_shown_and_those_of_older_ones_are_not(state: Path) -> None:
    late = [attempt(1, "ex_running", at=4.5), attempt(2, "ex_0", at=4.6)]
    write(state, [*late])
    ids = [row.id for row in read_tail(state, 2)]
    assert "ex_running-1" in ids
    assert "ex_0-2" not in ids


def test_a_long_tail_of_ids_as_the_gateway_makes_them(tmp_path: Path) -> None:
    ids = [f"ex_{1_763_812_800_000 + number:011x}00112233445566" for number in range(300)]
    for start in range(0, 300, 30):
        batch: list[Record] = []
        for number, identity in enumerate(ids[start : start + 30], start):
            at = 1_763_812_800.0 + number / 1_000
            batch += [attempt(1, identity, at=at), exchange(identity, at=at)]
        write(tmp_path, batch)
    write(tmp_path, [attempt(1, ids[-1][:-1] + "7", at=1_763_812_800.299)])
    for count in (1, 20, 200):
        shown = [row.id for row in read_tail(tmp_path, count)]
        assert shown[:-1] == [one for identity in ids[-count:] for one in (f"{identity}-1", identity)]
    assert [row.id for row in read_exchange(tmp_path, ids[150])] == [f"{ids[150]}-1", ids[150]]


def test_alerts_of_an_exchange_are_shown_once(state: Path) -> None:
    write(state, [alert("al_2", at=4.2, exchange="ex_4")])
    ids = [row.id for row in read_tail(state, 3)]
    assert ids.count("al_2") == 1


def test_one_exchange_with_everything_about_it(state: Path) -> None:
    write(state, [alert("al_2", at=4.2, exchange="ex_4")])
    assert [row.id for row in read_exchange(state, "ex_4")] == ["ex_4-1", "ex_4", "al_2"]


def test_a_folder_without_a_journal_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="no journal here"):
        read_tail(tmp_path, 3)


def test_the_command_prints_a_line_per_exchange_and_one_per_attempt(state: Path) -> None:
    result = run("--state", state, "-n", "2")
    assert result.exit_code == 0
    assert [line.split()[:3] for line in result.stdout.splitlines()] == [
        ["1970-01-01", "00:00:04.000Z", "ex_4"],
        ["1", "anthropic/claude/main", "first"],
        ["1970-01-01", "00:00:05.000Z", "ex_5"],
        ["1", "anthropic/claude/main", "first"],
    ]


def test_json_gives_the_records_themselves(state: Path) -> None:
    result = run("--state", state, "-n", "1", "--json")
    records = [msgspec.json.decode(line, type=Record) for line in result.stdout.splitlines()]
    assert records == [attempt(1, "ex_5", at=5.0), exchange("ex_5", at=5.0)]


def test_one_exchange_by_its_id(state: Path) -> None:
    result = run("--state", state, "--exchange", "ex_1")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 2
    assert "ex_1" in result.stdout


def test_an_unknown_exchange_is_said_to_be_unknown(state: Path) -> None:
    result = run("--state", state, "--exchange", "ex_99")
    assert result.exit_code == 1
    assert "no record of an exchange 'ex_99'" in result.stderr


def test_the_default_folder_is_the_gateways_own(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(state.parent)
    assert "ex_5" in run().stdout


def test_no_journal_is_told_with_what_to_do(tmp_path: Path) -> None:
    result = run("--state", tmp_path)
    assert result.exit_code == 1
    assert "no journal here; name the gateway's state folder with --state or -c" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_damaged_journal_is_told(tmp_path: Path) -> None:
    journal_path(tmp_path, 0).write_bytes(b"no database at all" * 100)
    result = run("--state", tmp_path)
    assert result.exit_code == 1
    assert "journal-0.sqlite" in result.stderr


CONFIGURATION = """
state: {state}
upstreams:
  anthropic:
    dialect: anthropic
    base_url: https://api.anthropic.com
    credentials: [{{name: main, key: env:UNSET_KEY}}]
models:
  claude: {{candidates: [{{upstream: anthropic}}]}}
"""


def test_the_configuration_names_the_folder_even_without_its_keys(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UNSET_KEY", raising=False)
    file = state.parent / "mainstay.yaml"
    file.write_text(CONFIGURATION.format(state="./mainstay-data"))
    result = run("-c", file, "-n", "1")
    assert result.exit_code == 0, result.stderr
    assert "ex_5" in result.stdout


def test_a_configuration_with_mistakes_points_to_the_check(tmp_path: Path) -> None:
    file = tmp_path / "mainstay.yaml"
    file.write_text("state: []")
    result = run("-c", file)
    assert result.exit_code == 1
    assert f"mainstay check -c {file}" in result.stderr


def test_a_count_beyond_reason_is_refused(state: Path) -> None:
    assert run("--state", state, "-n", "0").exit_code == 2
    assert run("--state", state, "-n", "10001").exit_code == 2


def test_following_shows_the_tail_and_then_what_comes(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses = 0

    def pause(_seconds: float) -> None:
        nonlocal pauses
        pauses += 1
        if pauses == 3:
            raise KeyboardInterrupt
        write(state, [attempt(1, f"ex_new_{pauses}", at=9.0), exchange(f"ex_new_{pauses}", at=9.0)])

    monkeypatch.setattr("mainstay.cli.audit.pause", pause)
    result = run("--state", state, "-n", "1", "--follow")
    assert result.exit_code == 0
    shown = [line.split()[2] for line in result.stdout.splitlines() if not line.startswith(" ")]
    assert shown == ["ex_5", "ex_new_1", "ex_new_2"]
    pauses = 0
    result = run("--state", state, "-n", "1", "--follow", "--json")
    ids = [msgspec.json.decode(line, type=Record).id for line in result.stdout.splitlines()]
    assert ids == ["ex_new_2-1", "ex_new_2", "ex_new_1-1", "ex_new_1", "ex_new_2-1", "ex_new_2"]


def test_following_a_folder_without_a_journal_waits_for_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def pause(_seconds: float) -> None:
        if journal_path(tmp_path, 0).exists():
            raise KeyboardInterrupt
        write(tmp_path, [exchange("ex_1")])

    monkeypatch.setattr("mainstay.cli.audit.pause", pause)
    result = run("--state", tmp_path, "--follow")
    assert result.exit_code == 0
    assert "no journal yet, waiting for one" in result.stderr
    assert "ex_1" in result.stdout


def test_one_exchange_can_be_followed(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def pause(_seconds: float) -> None:
        if "ex_9" in [row.id for row in read_tail(state, 9)]:
            raise KeyboardInterrupt
        write(state, [attempt(1, "ex_9"), exchange("ex_8"), exchange("ex_9")])

    monkeypatch.setattr("mainstay.cli.audit.pause", pause)
    result = run("--state", state, "--exchange", "ex_9", "--follow")
    assert result.exit_code == 0
    assert "ex_8" not in result.stdout
    assert len(result.stdout.splitlines()) == 2

"""Records as people and programs read them: followed while they are written, and exported in every format."""

import csv
import importlib
import signal
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from mainstay.cli.export_writers import KINDS
from mainstay.model.records import ExchangeRecord, Record
from tests.e2e.crowd import Crowd
from tests.e2e.ledgers import Machine, machine, questions
from tests.e2e.process import Process

CALLERS, ANSWERS = 20, 100
Row = dict[str, object]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Two workers and a control plane."""
    with machine(tmp_path_factory.mktemp("export"), gateway={"workers": 2}) as running:
        running.start()
        running.start_control()
        yield running


def ask(running: Machine) -> set[str]:
    """Have some questions answered; the ids of the exchanges."""
    crowd = Crowd(running.url, questions(), CALLERS)
    crowd.ask_until(lambda crowd: len(crowd.answers) >= ANSWERS, lambda: None)
    return {one.exchange for one in crowd.answers}


def lines_of(running: Machine) -> list[bytes]:
    """Every record, as the journals have it."""
    return [line for _, lines in running.journals().values() for line in lines]


def export(running: Machine, *arguments: str) -> str:
    return running.run("audit", "export", "-c", str(running.file), *arguments).out


def decoded(line: str | bytes) -> Record:
    record: Record = msgspec.json.decode(line, type=Record)
    return record


def test_a_follower_sees_every_record_once_across_the_deaths_of_the_gateway(running: Machine, tmp_path: Path) -> None:
    arguments = ["audit", "tail", "--json", "--follow", "-n", "1", "--state", str(running.state)]
    with Process(arguments, tmp_path) as following:
        following.until(lambda: following.log.stat().st_size > 0, "it follows")
        expected = ask(running)
        # What is not on disk yet dies with the gateway.
        running.until(lambda: expected <= recorded(running), "it is written")
        running.kill()
        running.start()
        expected |= ask(running)
        following.until(lambda: expected <= exchanges(shown(following)), "every exchange is shown", seconds_max=60)
        following.signal(signal.SIGINT)
        assert following.wait() == 0, following.output
        seen = Counter(one.id for one in shown(following))
    assert [identity for identity, times in seen.items() if times > 1] == []
    assert "Traceback" not in following.output


def test_a_follower_shows_an_exchange_with_its_attempts_when_it_has_ended(running: Machine, tmp_path: Path) -> None:
    with Process(["audit", "tail", "--follow", "-n", "1", "--state", str(running.state)], tmp_path) as following:
        following.until(lambda: " total " in following.output, "it follows, whatever became of the last one")
        expected = ask(running)
        following.until(lambda: all(one in following.output for one in expected), "every exchange is shown")
        following.signal(signal.SIGINT)
        assert following.wait() == 0, following.output
    said = following.output.splitlines()
    for one in expected:
        (at,) = [number for number, line in enumerate(said) if one in line]
        assert "first choice  served 200" in said[at + 1]


def shown(following: Process) -> list[Record]:
    whole, _, _ = following.output.rpartition("\n")
    return [decoded(line) for line in whole.splitlines() if line.startswith("{")]


def recorded(running: Machine) -> set[str]:
    return exchanges([decoded(line) for line in lines_of(running)])


def exchanges(records: list[Record]) -> set[str]:
    return {one.id for one in records if isinstance(one, ExchangeRecord)}


def test_an_export_under_way_has_everything_that_was_there_and_nothing_twice(running: Machine, tmp_path: Path) -> None:
    expected = ask(running)
    crowd = Crowd(running.url, questions(), CALLERS)
    with Process(["audit", "export", "--format", "jsonl", "-c", str(running.file)], tmp_path) as exporting:

        def is_over(_: Crowd) -> bool:
            return exporting.has_ended

        crowd.ask_until(is_over, lambda: None)
        assert exporting.wait() == 0, exporting.output
        records = shown(exporting)
    assert expected <= exchanges(records)
    assert max(Counter(one.id for one in records).values()) == 1


class Still(msgspec.Struct, frozen=True):
    """What stands still, so that every format can be compared with it: by chain and number, and as lines."""

    machine: Machine
    records: dict[tuple[str, int], Record]
    lines: list[bytes]


@pytest.fixture(scope="module")
def still(running: Machine) -> Still:
    """After all other tests: the gateway has ended, and the store has all but the last words."""
    ask(running)
    running.until_shipped()
    assert running.control.stop() == 0
    ask(running)
    assert running.gateway.stop() == 0
    records = {
        (chain, end.sequence - len(lines) + number): decoded(line)
        for chain, (end, lines) in running.journals().items()
        for number, line in enumerate(lines, 1)
    }
    return Still(running, records, lines_of(running))


def test_json_lines_are_the_lines_of_the_journals(still: Still) -> None:
    exported = export(still.machine, "--format", "jsonl").encode().splitlines()
    assert sorted(exported) == sorted(still.lines)
    with still.machine.store() as store:
        shipped = sum(one.position.sequence for one in store.chains())
    assert 0 < shipped < len(exported)
    instants = [decoded(line).at for line in exported[:shipped]]
    assert instants == sorted(instants)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_tables_read_back_are_the_records(still: Still, tmp_path: Path, form: str) -> None:
    export(still.machine, "--format", form, "-o", str(tmp_path / "tables"))
    read = 0
    for kind, struct in KINDS.items():
        rows = read_csv(tmp_path / "tables" / f"{kind}.csv") if form == "csv" else read_parquet(tmp_path, kind)
        cell = text_of if form == "csv" else value_of
        expected = [
            {"chain": chain, "sequence": cell(sequence), **{name: cell(value) for name, value in fields_of(record)}}
            for (chain, sequence), record in still.records.items()
            if type(record) is struct
        ]
        assert sorted(rows, key=place) == sorted(expected, key=place)
        read += len(rows)
    assert read == len(still.records)


def test_a_table_of_one_kind_goes_to_standard_output(still: Still) -> None:
    rows = list(csv.DictReader(export(still.machine, "--format", "csv", "--kind", "exchange").splitlines()))
    assert {row["id"] for row in rows} == exchanges(list(still.records.values()))


def test_filters_choose_by_kind_tenant_and_instant(still: Still) -> None:
    records = list(still.records.values())
    middle = sorted(one.at for one in records)[len(records) // 2]
    instant = datetime.fromtimestamp(middle, UTC).isoformat(timespec="milliseconds")
    exact = datetime.fromisoformat(instant).timestamp()
    for arguments, expected in (
        (("--kind", "process"), [one for one in records if one.__struct_config__.tag == "process"]),
        (("--tenant", "local"), [one for one in records if getattr(one, "tenant", "") == "local"]),
        (("--tenant", "'; DROP TABLE record; --"), []),
        (("--since", instant), [one for one in records if one.at >= exact]),
        (("--until", instant), [one for one in records if one.at < exact]),
        (("--since", instant, "--kind", "attempt"), [one for one in records if one.at >= exact and is_attempt(one)]),
    ):
        found = [decoded(line) for line in export(still.machine, "--format", "jsonl", *arguments).splitlines()]
        assert sorted(one.id for one in found) == sorted(one.id for one in expected), arguments


def is_attempt(record: Record) -> bool:
    return record.__struct_config__.tag == "attempt"


def place(row: Row) -> tuple[str, int]:
    return str(row["chain"]), int(str(row["sequence"]))


def fields_of(record: Record) -> Iterator[tuple[str, object]]:
    for field in structs.fields(record):
        yield field.name, getattr(record, field.name)


def read_csv(path: Path) -> list[Row]:
    with path.open(newline="") as file:
        return [dict(row) for row in csv.DictReader(file)]


def read_parquet(folder: Path, kind: str) -> list[Row]:
    table = importlib.import_module("pyarrow.parquet").read_table(folder / "tables" / f"{kind}.parquet")
    rows: list[Row] = table.to_pylist()
    return rows


def text_of(value: object) -> str:
    """As it stands in CSV."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return msgspec.json.encode(value).decode()
    return value if isinstance(value, str) else repr(value)


def value_of(value: object) -> object:
    """As pyarrow gives it back."""
    return list(value) if isinstance(value, tuple) else value

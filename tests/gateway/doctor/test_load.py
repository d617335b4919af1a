from pathlib import Path

import msgspec
import pytest

from mainstay.gateway.doctor import load as load_module
from mainstay.gateway.doctor.load import HOUR_SECONDS, Load, read_loads
from mainstay.ledger.files import journal_path
from mainstay.ledger.sqlite import RecordStore
from mainstay.model.frame import Usage
from mainstay.model.records import ExchangeRecord, Record
from tests.ledger.conftest import alert, exchange

NOW = 1_800_000_000.0
"""The beginning of a minute."""


def asked(identity: str, ago: float, model: str = "claude", **more: object) -> ExchangeRecord:
    its = {"model_asked": model, "input_tokens": 100, "output_tokens": 10, **more}
    return msgspec.structs.replace(exchange(identity, NOW - ago), **its)


def write(state: Path, worker: int, *records: Record) -> None:
    with RecordStore(journal_path(state, worker)) as store:
        store.append(records)


def test_the_busiest_minutes_of_the_last_hour_count_over_all_workers(tmp_path: Path) -> None:
    quiet = asked("ex_1", 1_000, input_tokens=1_000, cached_tokens=900, cache_write_tokens=50)
    write(tmp_path, 0, quiet, asked("ex_2", 60), asked("ex_3", 30), alert("al_1", NOW))
    write(
        tmp_path, 1, asked("ex_4", 1, dialect="openai-chat"), asked("ex_5", HOUR_SECONDS + 1), asked("ex_6", 5, "gpt")
    )
    loads = read_loads(tmp_path, NOW)
    assert loads.trouble == ""
    assert set(loads.by_model) == {"claude", "gpt"}
    assert loads.by_model["claude"] == Load(
        seconds=HOUR_SECONDS,
        exchanges=4,
        usage=Usage(1_300, 40, 900, cache_write_tokens=50),
        requests_per_minute=3,
        input_tokens_per_minute=1_000,
        output_tokens_per_minute=30,
        dialects=("anthropic", "openai-chat"),
    )
    assert loads.by_model["claude"].tokens_per_minute == 1_030


def test_what_no_provider_answered_is_no_load(tmp_path: Path) -> None:
    write(tmp_path, 0, asked("ex_1", 1, repeats="ex_0"), asked("ex_2", 1, attempts=0))
    assert read_loads(tmp_path, NOW).by_model == {}


def test_without_a_journal_nothing_is_known_and_nothing_is_made(tmp_path: Path) -> None:
    loads = read_loads(tmp_path / "none", NOW)
    assert (loads.by_model, loads.trouble) == ({}, "")
    assert not (tmp_path / "none").exists()


def test_a_damaged_journal_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    write(tmp_path, 0, asked("ex_1", 1))
    journal_path(tmp_path, 1).write_bytes(b"no database" * 1_000)
    loads = read_loads(tmp_path, NOW)
    assert set(loads.by_model) == {"claude"}
    assert journal_path(tmp_path, 1).name in loads.trouble


def test_more_records_than_are_read_cover_less_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_module, "RECORDS_MAX", 2)
    write(tmp_path, 0, asked("ex_1", 1_000), asked("ex_2", 600), asked("ex_3", 300))
    found = read_loads(tmp_path, NOW).by_model["claude"]
    assert (found.seconds, found.exchanges) == (600, 2)

from itertools import count
from pathlib import Path

import pytest

from mainstay.control.trouble.desk import (
    ADDRESS_PER_MINUTE,
    ADDRESSES_MAX,
    ALL_PER_MINUTE,
    Outcome,
    Reporter,
    TroubleDesk,
)
from mainstay.control.trouble.persons import Persons
from mainstay.model.records import Record, TroubleRecord
from mainstay.model.settings import DetectionSettings


class Bench:
    def __init__(self, state: Path) -> None:
        self.now = 1_000_000.0
        self.written: list[Record] = []
        numbers = count(1)
        settings = DetectionSettings(report_window_seconds=900.0)
        self.desk = TroubleDesk(
            Persons(state), lambda: settings, self.written.append, lambda: self.now, lambda: f"r{next(numbers)}"
        )

    def report(self, address: str = "", component: str = "", text: str = "", account: str = "") -> Outcome:
        return self.desk.report(Reporter(address, account), "page", component, text)

    @property
    def records(self) -> list[TroubleRecord]:
        return [one for one in self.written if isinstance(one, TroubleRecord)]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_report_is_a_record_without_a_name(bench: Bench) -> None:
    outcome = bench.report("192.0.2.7", "model:chat", "it\n hangs\x1b[31m", account="ann")
    assert outcome.state == "counted"
    (record,) = bench.records
    assert (record.via, record.component, record.text, record.counted) == ("page", "model:chat", "it hangs[31m", True)
    assert "ann" not in str(record)
    assert "192.0.2.7" not in str(record)


def test_a_person_counts_once_in_a_window(bench: Bench) -> None:
    bench.report(account="ann")
    assert bench.report(account="ann").state == "again"
    assert bench.report(account="bob").state == "counted"
    bench.now += 900
    assert bench.report(account="ann").state == "counted"
    assert [one.counted for one in bench.records] == [True, False, True, True]


def test_one_address_without_an_account_is_one_person(bench: Bench) -> None:
    bench.report("192.0.2.7")
    assert bench.report("192.0.2.7").state == "again"
    assert bench.report("192.0.2.8").state == "counted"


def test_ten_thousand_reports_from_one_address_count_as_one_and_leave_few_records(bench: Bench) -> None:
    states = [bench.report("192.0.2.7", text="x" * 5_000).state for _ in range(10_000)]
    assert states.count("counted") == 1
    assert states.count("ignored") == 10_000 - ADDRESS_PER_MINUTE
    bench.now += 60
    bench.desk.settle()
    assert len(bench.records) == ADDRESS_PER_MINUTE + 1
    last = bench.records[-1]
    assert (last.counted, last.text) == (False, "9995 more reports within a minute from one network")
    assert all(len(one.text) <= 500 for one in bench.records)


def test_ten_thousand_accounts_behind_one_address_are_bounded_too(bench: Bench) -> None:
    for number in range(10_000):
        bench.report("192.0.2.7", account=f"a{number}")
    assert len(bench.records) == ADDRESS_PER_MINUTE


def test_reports_from_many_addresses_are_bounded_all_together(bench: Bench) -> None:
    for number in range(20_000):
        bench.report(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert sum(one.counted for one in bench.records) == ALL_PER_MINUTE
    assert len(bench.desk._minutes) <= ADDRESSES_MAX


def test_the_next_minute_begins_anew(bench: Bench) -> None:
    for _ in range(100):
        bench.report("192.0.2.7")
    bench.now += 60
    assert bench.report("192.0.2.7").state == "again"
    assert [one.text for one in bench.records if "more" in one.text] == [
        "95 more reports within a minute from one network"
    ]


def test_at_our_end_what_was_only_counted_is_written_down(bench: Bench) -> None:
    for _ in range(7):
        bench.report("192.0.2.7")
    bench.desk.settle()
    assert len(bench.records) == ADDRESS_PER_MINUTE
    bench.desk.settle(is_end=True)
    assert bench.records[-1].text.startswith("2 more")


def test_a_clock_that_is_set_back_opens_the_door_again(bench: Bench) -> None:
    for _ in range(20):
        bench.report("192.0.2.7")
    bench.now -= 3_600
    assert bench.report("192.0.2.7").state != "ignored"


@pytest.mark.parametrize("component", ["nonsense", "upstream:", "model:", "x" * 400])
def test_a_component_that_is_none_is_refused(bench: Bench, component: str) -> None:
    outcome = bench.report("192.0.2.7", component)
    assert (outcome.state, outcome.is_taken, bench.records) == ("refused", False, [])
    assert "no component has this name" in outcome.words


def test_without_a_key_nothing_is_taken_and_it_is_said_why(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("in the way")
    outcome = Bench(tmp_path).report("192.0.2.7")
    assert outcome.state == "refused"
    assert "cannot be taken now" in outcome.words

"""What happens on the control plane becomes records, and a flood becomes few."""

import threading
from collections.abc import Callable

import pytest

from mainstay.control.evidence import ADDRESSES_MAX, FAILURES_PER_MINUTE, SETTLE_SECONDS, Action, Deed, Evidence
from mainstay.control.shipping.status import Finding
from mainstay.model.records import AccessRecord, AlertRecord, LeaseRecord, ProcessRecord, Record

NOON = 1_763_812_800.0


class Desk:
    """Takes records; its clocks are set by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.records: list[Record] = []
        self.evidence = Evidence(self.records.append, lambda: NOON + self.now, lambda: self.now, lambda: "id")

    def fail(self, times: int, person: str = "", action: Action = "login-failed", address: str = "192.0.2.1") -> None:
        for _ in range(times):
            self.evidence.access(Deed(action, person, address=address))

    def accesses(self) -> list[AccessRecord]:
        return [record for record in self.records if isinstance(record, AccessRecord)]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_deed_says_who_did_what_when_and_from_where(desk: Desk) -> None:
    desk.now = 2.5
    desk.evidence.access(Deed("role-changed", "otto", "ada", "local", "192.0.2.7", "from viewer to operator"))
    (record,) = desk.records
    assert record == AccessRecord(
        id="id",
        at=NOON + 2.5,
        person="otto",
        action="role-changed",
        by="ada",
        via="local",
        address="192.0.2.7",
        detail="from viewer to operator",
    )


def test_lease_findings_and_processes_are_written_down(desk: Desk) -> None:
    desk.evidence.lease("acts", "ops-1/7", 3, "why")
    desk.evidence.found(Finding("store-gap", "ch_1", "records 3 to 4 are gone", NOON - 9))
    desk.evidence.found(Finding("store-trouble", "", "it does not answer", NOON))
    desk.evidence.process("started", "1.2.3", 77)
    assert desk.records == [
        LeaseRecord("id", NOON, "ops-1/7", "acts", 3, "why"),
        AlertRecord("id", NOON - 9, "store-gap", "", "", "", "chain ch_1: records 3 to 4 are gone"),
        AlertRecord("id", NOON, "store-trouble", "", "", "", "it does not answer"),
        ProcessRecord("id", NOON, "control", "started", "1.2.3", 77),
    ]


def test_texts_are_bounded_and_printable(desk: Desk) -> None:
    desk.evidence.access(Deed("login", "x" * 9_999, "y\x1b[2J" * 999, "local", "z" * 9_999, "d\n" * 9_999))
    desk.evidence.lease("lost", "h" * 9_999, 1, "r\0" * 9_999)
    desk.evidence.found(Finding("store-gap", "", "m" * 9_999, NOON))
    for record in desk.records:
        texts = [value for value in (getattr(record, name) for name in record.__struct_fields__) if type(value) is str]
        assert sum(map(len, texts)) < 800
        assert all(text.isprintable() for text in texts)


def test_a_flood_of_failures_is_counted_and_told_once_the_minute_is_over(desk: Desk) -> None:
    desk.fail(FAILURES_PER_MINUTE)
    for number in range(7):
        desk.fail(10, address=f"192.0.2.{number}")
    assert len(desk.records) == FAILURES_PER_MINUTE
    desk.now = 59.9
    desk.evidence.settle()
    assert len(desk.records) == FAILURES_PER_MINUTE
    desk.now = 60.0
    desk.evidence.settle()
    desk.evidence.settle()
    (summary,) = desk.accesses()[FAILURES_PER_MINUTE:]
    assert (summary.action, summary.person) == ("login-failed", "")
    assert summary.detail == "70 more in 60 s at names that no account has, from 7 addresses"


def test_the_next_minute_begins_anew_and_tells_of_the_one_before(desk: Desk) -> None:
    desk.fail(FAILURES_PER_MINUTE + 1)
    desk.now = 61.0
    desk.fail(FAILURES_PER_MINUTE + 5)
    assert "1 more in 61 s" in desk.accesses()[FAILURES_PER_MINUTE].detail
    assert len(desk.records) == 2 * FAILURES_PER_MINUTE + 1


def test_noise_hides_neither_failures_at_accounts_nor_what_was_done(desk: Desk) -> None:
    desk.fail(1_000)
    desk.fail(1_000, action="login-throttled")
    desk.fail(1, person="ada")
    desk.evidence.access(Deed("login", "ada"))
    assert [(record.action, record.person) for record in desk.accesses()[-2:]] == [
        ("login-failed", "ada"),
        ("login", "ada"),
    ]
    assert len(desk.records) == 2 * FAILURES_PER_MINUTE + 2


def test_what_was_done_is_never_left_out(desk: Desk) -> None:
    for _ in range(10 * FAILURES_PER_MINUTE):
        desk.evidence.access(Deed("login", "ada"))
    assert len(desk.records) == 10 * FAILURES_PER_MINUTE


def test_a_flood_from_everywhere_takes_bounded_memory(desk: Desk) -> None:
    desk.fail(FAILURES_PER_MINUTE)
    for number in range(ADDRESSES_MAX + 500):
        desk.fail(1, person="ada", address=f"{number}")
    desk.evidence.settle(is_end=True)
    # The first failures at an account are a kind of their own, and each is written down.
    assert desk.accesses()[-1].detail == "1470 more in 0 s at names of accounts, from 1000 or more addresses"


def test_a_quiet_minute_leaves_no_summary(desk: Desk) -> None:
    desk.fail(FAILURES_PER_MINUTE)
    desk.now = 100.0
    desk.evidence.settle(is_end=True)
    assert len(desk.records) == FAILURES_PER_MINUTE


class Stops:
    """Says at the second look that it is time to end."""

    def __init__(self, between: Callable[[], None]) -> None:
        self.waited: list[float | None] = []
        self._between = between

    def is_set(self) -> bool:
        return len(self.waited) > 1

    def wait(self, timeout: float | None = None) -> bool:
        self.waited.append(timeout)
        self._between()
        return self.is_set()


def test_it_settles_again_and_again_and_at_its_end_whatever_there_is(desk: Desk) -> None:
    def between() -> None:
        desk.fail(FAILURES_PER_MINUTE + 3)
        desk.now += 60.0 if len(stop.waited) == 1 else 1.0

    stop = Stops(between)
    desk.evidence.run(stop)
    assert stop.waited == [SETTLE_SECONDS, SETTLE_SECONDS]
    assert [record.detail.partition(" ")[0] for record in desk.accesses() if record.detail] == ["3", "3"]


def test_many_threads_are_written_one_at_a_time() -> None:
    inside: list[int] = []
    worst: list[int] = []

    def write(_record: Record) -> None:
        inside.append(1)
        worst.append(len(inside))
        pause.wait(0.001)
        inside.pop()

    pause = threading.Event()
    evidence = Evidence(write, lambda: NOON, lambda: 0.0, lambda: "id")
    threads = [threading.Thread(target=evidence.access, args=(Deed("login", "ada"),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert worst == [1] * 8

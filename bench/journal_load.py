"""A journal under load, as a process of its own: `python -m bench.journal_load FOLDER RATE SECONDS`.

Beside the journal's writer thread an imitated event loop makes exchanges at an even rate, keeps the interpreter busy
for as long as a gateway would, and hands over two records each. Prints what that cost, as JSON.
"""

import sys
import threading
import time
from pathlib import Path
from typing import Final

import msgspec

from bench.child import BenchError, tell, thread_cpu_seconds
from mainstay.ledger.files import JournalFile, journal_path
from mainstay.ledger.writing.journal import FileJournal
from mainstay.model.ports import Journal
from mainstay.model.records import AttemptRecord, ExchangeRecord

TURN_SECONDS: Final = 0.001
EXCHANGE_SECONDS: Final = 60e-6
"""About what a plain request takes of the interpreter."""
WARM_SECONDS: Final = 1.0
WRITER: Final = "journal-writer"


class JournalCost(msgspec.Struct, frozen=True):
    """What one run took. CPU seconds: of the thread that calls, inside `write`, and of the one that writes."""

    exchanges: int
    calling_cpu_seconds: float
    writing_cpu_seconds: float
    written: int
    dropped: int

    @property
    def microseconds(self) -> float:
        """CPU time of the journal per exchange."""
        return (self.calling_cpu_seconds + self.writing_cpu_seconds) / self.exchanges * 1e6


class Load:
    """Makes exchanges for one journal."""

    def __init__(self, journal: Journal, rate: int) -> None:
        """`rate` is in exchanges per second."""
        self.exchanges = 0
        self.calling_cpu_seconds = 0.0
        self._journal = journal
        self._rate = rate

    def run(self, seconds: float) -> None:
        """Make exchanges for so long."""
        began_at, begun, done = time.perf_counter(), self.exchanges, 0
        wanted = round(self._rate * seconds)
        while done < wanted:
            due = min(wanted, round(self._rate * (time.perf_counter() - began_at)))
            self._make(range(begun + done, begun + due))
            done = max(done, due)
            time.sleep(TURN_SECONDS)
        self.exchanges = begun + done

    def _make(self, numbers: range) -> None:
        write = self._journal.write
        for number in numbers:
            attempt, exchange = records(number, time.time())
            busy_until = time.thread_time() + EXCHANGE_SECONDS
            while time.thread_time() < busy_until:
                pass
            # To look at the clock takes longer than to write, so the time of a look is taken off.
            looked = time.thread_time()
            began = time.thread_time()
            write(attempt)
            write(exchange)
            self.calling_cpu_seconds += time.thread_time() - began - (began - looked)


def records(number: int, at: float) -> tuple[AttemptRecord, ExchangeRecord]:
    """What a plain answered exchange leaves behind."""
    identity = f"ex_019aa{number:027x}"
    attempt = AttemptRecord(
        id=f"{identity}-1",
        at=at,
        exchange=identity,
        number=1,
        upstream="plain",
        model="bench-plain",
        credential="main",
        dialect="anthropic",
        chosen="preferred",
        outcome="served",
        status=200,
        request_id="req_011CUbenchbenchbenchbench",
        first_byte_seconds=0.000612,
        first_content_seconds=0.000614,
        total_seconds=0.000671,
        bytes_sent=1_140,
        bytes_received=812,
        input_tokens=260,
        output_tokens=120,
    )
    exchange = ExchangeRecord(
        id=identity,
        at=at,
        tenant="local",
        workload="default",
        dialect="anthropic",
        kind="messages",
        stream=False,
        model_asked="bench-plain",
        outcome="answered",
        status=200,
        model_served="bench-plain",
        upstream="plain",
        attempts=1,
        first_content_seconds=0.000701,
        total_seconds=0.000733,
        bytes_received=1_140,
        bytes_sent=812,
        input_tokens=260,
        output_tokens=120,
    )
    return attempt, exchange


def cost_of(folder: Path, rate: int, seconds: float) -> JournalCost:
    """Run a fresh journal in this folder. Raises `BenchError` where it lost something."""
    journal = FileJournal(JournalFile(journal_path(folder, 0), time.time, gateway="0" * 16), tell)
    journal.start()
    try:
        writer = next(one for one in threading.enumerate() if one.name == WRITER)
        load = Load(journal, rate)
        load.run(WARM_SECONDS)
        _settle(journal)
        before, calling, exchanges = thread_cpu_seconds(writer), load.calling_cpu_seconds, load.exchanges
        load.run(seconds)
        _settle(journal)
        return JournalCost(
            load.exchanges - exchanges,
            load.calling_cpu_seconds - calling,
            thread_cpu_seconds(writer) - before,
            journal.written,
            journal.dropped,
        )
    finally:
        journal.close()


def _settle(journal: FileJournal) -> None:
    """Wait until everything is on disk: then nothing of it is counted elsewhere."""
    if not journal.flush(10.0) or journal.dropped:
        raise BenchError(f"the journal lost records, or was too slow: {journal.status()}")


if __name__ == "__main__":
    cost = cost_of(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
    sys.stdout.write(msgspec.json.encode(cost).decode())

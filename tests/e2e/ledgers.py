"""A machine whose ledger is the subject: gateway, control plane, a provider, one state folder, and its operator."""

import signal
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Self

import msgspec
from msgspec import structs

from mainstay.gateway.supervisor.standing import read_standing
from mainstay.ledger.chain import Anchor
from mainstay.ledger.chain_reader import ChainReader
from mainstay.ledger.files import JournalFile, journal_path, journal_paths, set_aside_paths
from mainstay.ledger.marks import marks_folder, read_marks
from mainstay.ledger.store.opening import open_store
from mainstay.ledger.store.port import ALL, Cursor, Store, StoredRecord
from mainstay.model.records import ProcessRecord
from tests.conformance.stage import upstream
from tests.e2e.callers import Question
from tests.e2e.lanes import Tree
from tests.e2e.premises import Premises
from tests.e2e.process import Process, answer_or_none, free_port
from tests.e2e.workforce import MODELS
from tests.services.processes import children, send

PAGE_ROWS = 5_000
_NUMBERS = count()
PROMPT = "Why do bridges hum in 12 words?"
WORKLOADS: Tree = {"default": {"deadline_seconds": 60}, "durable": {"deadline_seconds": 60, "durable": True}}


class _Store(msgspec.Struct):
    trouble: str | None = None
    lag_records: int = 0


class _ControlReady(msgspec.Struct):
    store: _Store


class Machine(Premises):
    """Gateway and control plane, each started and ended by itself."""

    def __init__(self, folder: Path, tree: Mapping[str, Tree], environment: Mapping[str, str] | None = None) -> None:
        """See `Premises`."""
        super().__init__(folder, tree, environment)
        self._control_folder = folder / "control"
        self._control_folder.mkdir()
        self._control: Process | None = None

    @property
    def control(self) -> Process:
        """The control plane that was started last."""
        assert self._control is not None, "never started"
        return self._control

    def start(self) -> Self:
        """Start the gateway, and wait until every worker serves."""
        super().start()
        self.until(self._all_serve, "every worker serves")
        return self

    def _all_serve(self) -> bool:
        standing = read_standing(self.state)
        if standing is None or standing.pid != self.gateway.pid:
            return False
        return all(one.state == "serving" for one in standing.workers)

    def prefill(self, megabytes: float) -> None:
        """Give worker 0 a journal with so many records of an earlier time; to be called before the first start."""
        record = ProcessRecord("pr_of_an_earlier_time", 1_000.0, "worker", "started", "a version " + 1_000 * "x")
        files = JournalFile(journal_path(self.state, 0), time.time)
        with files.open() as store:
            while store.usage_bytes() < megabytes * 1_000_000:
                store.append([structs.replace(record, id=f"pr_{next(_NUMBERS)}") for _ in range(100)])
                store.cut_log()
        files.release()

    def start_control(self) -> None:
        """Start the control plane, and wait until it answers."""
        self._control = Process(["control", "-c", str(self.file)], self._control_folder, self.environment)
        self.control.until(lambda: self.shipping is not None, "the control plane answers")

    def use_store(self, dsn: str) -> None:
        """From the next start on the store is this one."""
        self.environment["STORE"] = dsn
        self.write(store="env:STORE")

    def write_for_another(self, place: Path) -> tuple[Path, str]:
        """A file for a second control plane on the same state folder, and where that will be."""
        file, address = place / "mainstay.yaml", f"127.0.0.1:{free_port()}"
        written = self.file.read_text()
        assert f'"127.0.0.1:{self.control_port}"' in written
        file.write_text(written.replace(f'"127.0.0.1:{self.control_port}"', f'"{address}"'))
        return file, f"http://{address}"

    @property
    def shipping(self) -> _Store | None:
        """What the control plane says of the store; `None` while it does not answer."""
        heard = answer_or_none(self.control_url, "/readyz")
        return None if heard is None else msgspec.json.decode(heard.body, type=_ControlReady).store

    def until_shipped(self) -> None:
        """Wait until the store has all that is in the journals now."""
        ends = {name: end for name, (end, _) in self.journals().items()}
        self.control.until(lambda: self._has(ends), f"the store has {ends}")

    def until_marked(self) -> None:
        """Wait until there are marks of all that the store has."""
        with self.store() as store:
            ends = {one.chain.id: one.position.sequence for one in store.chains()}
        folder = marks_folder(self.state)

        def is_marked() -> bool:
            marks = read_marks(folder)
            return all(name in marks and marks[name].sequence >= end for name, end in ends.items())

        self.control.until(is_marked, "there are marks of what the store has")

    def _has(self, ends: Mapping[str, Anchor]) -> bool:
        with self.store() as store:
            return all(store.position(name).sequence >= end.sequence for name, end in ends.items())

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The store, as everybody may read it."""
        with closing(open_store(self.environment.get("STORE"), self.state, read_only=True)) as store:
            yield store

    def stored(self) -> list[StoredRecord]:
        """Every record of the store, chain by chain, duplicates too."""
        with self.store() as store:
            found: list[StoredRecord] = []
            for one in store.chains():
                after = 0
                while page := store.of_chain(one.chain.id, after, PAGE_ROWS):
                    found += page
                    after = page[-1].sequence
            return found

    def readings(self) -> list[StoredRecord]:
        """What readings are made from."""
        with self.store() as store:
            found: list[StoredRecord] = []
            after: Cursor | None = None
            while page := store.records(ALL, after, PAGE_ROWS):
                found += page
                after = Cursor(page[-1].at, page[-1].chain, page[-1].sequence)
            return found

    def journals(self) -> dict[str, tuple[Anchor, list[bytes]]]:
        """Of each chain its end, and the lines that the journal has."""
        found: dict[str, tuple[Anchor, list[bytes]]] = {}
        for path in [*set_aside_paths(self.state), *journal_paths(self.state)]:
            with ChainReader(path) as reader, reader.frozen():
                lines = [line for segment in reader.segments() for line in segment.lines()]
                found[reader.chain().id] = reader.end(), lines
        return found

    def kill(self) -> None:
        """End the gateway with all its workers at once."""
        pid = self.gateway.pid
        send([pid], signal.SIGSTOP)  # first, so that it starts no worker anew
        send([*children(pid), pid], signal.SIGKILL)
        self.gateway.kill()

    def kill_control(self) -> None:
        """End the control plane at once."""
        self.control.kill()

    def verify(self, code: int = 0) -> str:
        """What `mainstay audit verify` says."""
        return self.run("audit", "verify", "-c", str(self.file), code=code).out

    def assert_stored_once(self) -> None:
        """The store has what the journals have, record by record, each once and without a gap."""
        journals = self.journals()
        self.until_shipped()
        stored = self.stored()
        for name, (end, lines) in journals.items():
            ours = [row for row in stored if row.chain == name and row.sequence <= end.sequence]
            assert [row.sequence for row in ours] == list(range(1, end.sequence + 1)), name
            assert [row.body for row in ours[-len(lines) :]] == lines
        shown = Counter(row.id for row in self.readings())
        assert [identity for identity, times in shown.items() if times > 1] == []
        assert shown.keys() >= {row.id for row in stored}

    def __exit__(self, *_: object) -> None:
        if self._control is not None:
            self._control.__exit__(None, None, None)
        super().__exit__(*_)


@contextmanager
def machine(folder: Path, environment: Mapping[str, str] | None = None, **sections: Tree) -> Iterator[Machine]:
    """A provider that runs, and a machine on which nothing runs yet."""
    with ExitStack() as stack:
        url = stack.enter_context(provider(folder))
        upstreams: Tree = {f"alpha-{kind}": upstream(kind, url) for kind in MODELS}
        models: Tree = {name: {"candidates": [{"upstream": f"alpha-{kind}"}]} for kind, name in MODELS.items()}
        tree: dict[str, Tree] = {"upstreams": upstreams, "models": models, "workloads": WORKLOADS}
        yield stack.enter_context(Machine(folder, tree | sections, environment))


@contextmanager
def provider(folder: Path, *options: str) -> Iterator[str]:
    """A fake provider in a process of its own; gives its address."""
    below = folder / "provider"
    below.mkdir()
    port = free_port()
    with Process(["lab", "provider", "--port", str(port), *options], below) as process:
        url = f"http://127.0.0.1:{port}"
        process.until(lambda: answer_or_none(url, "/lab") is not None, "the provider answers")
        yield url


def questions() -> list[tuple[str, Question]]:
    """Streams and whole answers in two dialects; each fourth is durable."""
    return [
        (dialect, Question(model=model, prompt=PROMPT, stream=stream, workload=workload))
        for workload in ("", "", "", "durable")
        for dialect, model in MODELS.items()
        for stream in (True, False)
    ]


def exchanges(lines: Iterable[bytes]) -> set[str]:
    """The ids of exchanges of which there is a record."""
    heads = [msgspec.json.decode(line, type=_Head) for line in lines]
    return {one.id for one in heads if one.type == "exchange"}


class _Head(msgspec.Struct):
    id: str
    type: str

"""A gateway that its operator guards: one folder, one file, tokens, and the commands of the operator."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import msgspec

from mainstay.gateway.auth.registrar import Registrar, Wish
from mainstay.gateway.auth.trust_folder import TrustFolder
from mainstay.lab.provider.thread import FakeProviderThread
from mainstay.ledger.errors import LedgerError
from mainstay.ledger.files import journal_paths
from mainstay.ledger.reader import RecordReader
from mainstay.model.records import ExchangeRecord, Record
from mainstay.wire.trust.claims import AllowanceClaim
from tests.conformance.stage import upstream
from tests.e2e.lanes import Tree
from tests.e2e.process import GatewayProcess, Process, answer_or_none, free_port, without_keys
from tests.e2e.stand import KEYS
from tests.e2e.workforce import MODELS

COMMAND_SECONDS = 60.0
RECORDS_MAX = 10_000
PROMPT = "Why do bridges hum in 12 words?"
DOORS = {"anthropic": "claude", "openai-chat": "gpt", "openai-responses": "gpt-responses"}
"""The three doors, each with a model that is served in its own dialect."""


class Said(msgspec.Struct, frozen=True):
    """What a command printed."""

    out: str
    err: str


class Premises:
    """Starts nothing by itself. The `with` block ends with the end of whatever was started."""

    def __init__(self, folder: Path, tree: Mapping[str, Tree], environment: Mapping[str, str] | None = None) -> None:
        """`tree` is the file without the state folder and without addresses; under `gateway` it may have more."""
        self.folder = folder
        self.state = folder / "state"
        self.file = folder / "mainstay.yaml"
        self.port = free_port()
        self.control_port = free_port()
        self.environment = {**KEYS, **(environment or {})}
        self._tree = dict(tree)
        self._gateway: GatewayProcess | None = None
        self.write()

    @property
    def url(self) -> str:
        """Base URL of the gateway."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def control_url(self) -> str:
        """Base URL of the control plane."""
        return f"http://127.0.0.1:{self.control_port}"

    @property
    def gateway(self) -> GatewayProcess:
        """The process that was started last."""
        assert self._gateway is not None, "nothing was started"
        return self._gateway

    @property
    def registrar(self) -> Registrar:
        """What `mainstay token` works with, for tokens that are not the subject of a test."""
        return Registrar(TrustFolder(self.state), time.time, os.urandom)

    def write(self, **changed: Tree) -> None:
        """Write the file, in one step, with other sections where they are given."""
        given = self._tree.get("gateway")
        gateway: dict[str, Tree] = {"listen": f"127.0.0.1:{self.port}"}
        gateway |= given if isinstance(given, dict) else {}
        given = self._tree.get("control")
        control: dict[str, Tree] = {"listen": f"127.0.0.1:{self.control_port}"}
        control |= given if isinstance(given, dict) else {}
        addresses: dict[str, Tree] = {"gateway": gateway, "control": control, "state": str(self.state)}
        fresh = self.file.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode(self._tree | addresses | changed))
        fresh.replace(self.file)

    def start(self) -> Self:
        """Start the gateway, and wait until it is ready."""
        self.begin().__enter__()
        return self

    def begin(self) -> GatewayProcess:
        """Start the gateway, and wait for nothing."""
        self._gateway = GatewayProcess(self.file, self.port, self.environment)
        return self._gateway

    @contextmanager
    def control_plane(self) -> Iterator[Process]:
        """The control plane, from when it answers to the end of the block."""
        place = self.folder / "control-plane"
        place.mkdir(exist_ok=True)
        with Process(["control", "-c", str(self.file)], place, self.environment) as process:
            process.until(lambda: answer_or_none(self.control_url, "/livez") is not None, "the control plane answers")
            yield process
            assert process.stop() == 0, process.output

    def run(self, *arguments: str, code: int = 0, given: str = "") -> Said:
        """A command, in the folder; `given` is its standard input."""
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "mainstay.cli.main", *arguments],
            cwd=self.folder,
            env={**without_keys(os.environ), **self.environment},
            input=given.encode(),
            capture_output=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        out, err = done.stdout.decode(), done.stderr.decode()
        assert done.returncode == code, f"{arguments} ended with {done.returncode}\n{out}\n{err}"
        return Said(out, err)

    def command(self, *arguments: str, code: int = 0) -> Said:
        """A command about this state folder."""
        return self.run(*arguments, "--state", str(self.state), code=code)

    def mint(self, *options: str, tenant: str = "acme", name: str = "tester") -> str:
        """A token, made by the operator's command. Asserts that nothing else is on its standard output."""
        said = self.command("token", "mint", "--tenant", tenant, "--name", name, *options)
        token = said.out.removesuffix("\n")
        assert token.startswith("mst_")
        assert len(token.split()) == 1
        assert token not in said.err
        return token

    def token(self, tenant: str = "acme", allowance: AllowanceClaim | None = None) -> str:
        """A token, made without a command, and so sooner."""
        return self.registrar.mint(Wish(tenant, "tester", 30, allowance=allowance))[0]

    def records(self) -> list[Record]:
        """Everything in the journals, read without a command, and so sooner."""
        return [one for records in self.records_by_worker() for one in records]

    def records_by_worker(self) -> list[list[Record]]:
        """The same, of each journal for itself."""
        return [[msgspec.json.decode(row, type=Record) for row in _rows(path)] for path in journal_paths(self.state)]

    def exchanges(self, **fields: object) -> list[ExchangeRecord]:
        """The records of exchanges whose fields have these values."""
        return [
            one
            for one in self.records()
            if isinstance(one, ExchangeRecord) and all(getattr(one, name) == value for name, value in fields.items())
        ]

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for something that the gateway does."""
        self.gateway.until(condition, what)

    def until_recorded(self, count: int, **fields: object) -> list[ExchangeRecord]:
        """Wait for so many records of exchanges whose fields have these values."""
        self.until(lambda: len(self.exchanges(**fields)) >= count, f"{count} records have {fields}")
        return self.exchanges(**fields)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._gateway is not None:
            self._gateway.__exit__(None, None, None)
            assert "defect" not in self._gateway.output, self._gateway.output


def tree(provider: FakeProviderThread, **sections: Tree) -> dict[str, Tree]:
    """A file with the three doors' models at one provider, and with these sections."""
    kinds = [*MODELS, "openai-responses"]
    upstreams: Tree = {f"alpha-{kind}": upstream(kind, provider.url) for kind in kinds}
    models: Tree = {name: {"candidates": [{"upstream": f"alpha-{kind}"}]} for kind, name in DOORS.items()}
    return {"upstreams": upstreams, "models": models, **sections}


def _rows(path: Path) -> Iterable[bytes]:
    try:
        with RecordReader(path) as reader:
            return [row.body for row in reader.since(0, RECORDS_MAX)]
    except LedgerError:
        return []  # it is just being made

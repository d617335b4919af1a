"""A gateway starts whatever is in its way: it serves, says what is wrong, and is well again when the trouble ends."""

import hashlib
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from mainstay.gateway.supervisor.archive import Pin
from mainstay.lab.provider.thread import FakeProviderThread
from mainstay.ledger.files import set_aside_paths
from mainstay.model.records import AlertRecord
from tests.e2e.start_troubles import Starter, starter

DRAFTS, JOURNAL = "this request must be written down", "and the journal cannot write now"
"""Why durable work is refused."""


class Trouble(msgspec.Struct, frozen=True):
    """A file of the state folder that is not as it should be: `content`, or (without any) a folder in its place.
    `words` are said of `part`; `refuses` is why durable work is refused meanwhile, if it is."""

    file: str
    part: str
    words: str
    content: bytes | None = None
    refuses: str = ""

    def begin(self, gateway: Starter) -> None:
        """Before the start."""
        path = gateway.path(self.file)
        if self.content is None:
            path.mkdir()
        else:
            path.write_bytes(self.content)

    def end(self, gateway: Starter) -> None:
        """Somebody clears it away."""
        path = gateway.path(self.file)
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


PASSING = (
    Trouble("journal-0.sqlite", "journal", "journal: ", refuses=JOURNAL),
    Trouble("keys", "identity", "identity: ", b"in the way", refuses=JOURNAL),
    Trouble("drafts", "drafts", "drafts: ", b"in the way", refuses=JOURNAL),
    Trouble("spending-0.json", "spending", "spending: "),
    Trouble("configurations", "state", "nobody can go back to it", b"in the way"),
    Trouble("run/gateway.json", "state", "`mainstay route` cannot see"),
    Trouble("run/gateway.lock", "state", "a second gateway on this folder"),
)
"""Troubles that end without a restart, each in the way of another part."""
ALONE = {
    "a folder in place of the journal's lock": Trouble("journal-0.lock", "journal", "journal: ", refuses=JOURNAL),
    "a drafts key cut short": Trouble("keys/drafts.key", "drafts", "not a key of 32 bytes", b"short", refuses=DRAFTS),
}
"""As above, with nothing else."""
LASTING = {
    "no gateway id": Trouble("run/gateway-id", "state", "not a gateway id", b"zz"),
    "a file in place of the run folder": Trouble("run", "state", "a name of its own", b"in the way"),
}
"""Troubles of the start alone: the gateway goes on as it began."""
HARMLESS = (
    Trouble("journal-0.sqlite", "", "the old file is kept as", b"garbage" * 3_000),
    Trouble("journal-1.sqlite", "", "", b""),
    Trouble("spending-0.json", "", "the journal is read instead", b'{"node":'),
    Trouble("run/gateway.json", "", "", b"\xff"),
    Trouble("run/configuration.pin", "", "", b"\xff"),
    Trouble("run/metrics-1.prom", "", "", b"\xff\x00# HELP {\n"),
)
"""What is put right at once."""


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeProviderThread]:
    with FakeProviderThread("alpha") as running:
        yield running


@pytest.mark.parametrize("workers", [1, 2])
def test_whatever_is_in_the_way_it_serves_says_so_and_is_well_when_that_is_gone(
    provider: FakeProviderThread, tmp_path: Path, workers: int
) -> None:
    with starter(provider, tmp_path, workers) as gateway:
        for trouble in PASSING:
            trouble.begin(gateway)
        gateway.start()
        gateway.assert_serves()
        for trouble in PASSING:
            gateway.until_told(trouble.words, trouble.part)
        gateway.until_header("journal")
        gateway.until(lambda: JOURNAL in gateway.refusal(), "durable work is refused")
        for trouble in PASSING:
            trouble.end(gateway)
        gateway.until_well()
        gateway.assert_serves()
        assert gateway.gateway.stop() == 0


@pytest.mark.parametrize("trouble", ALONE.values(), ids=ALONE)
def test_a_single_trouble_is_told_in_every_answer(
    provider: FakeProviderThread, tmp_path: Path, trouble: Trouble
) -> None:
    with starter(provider, tmp_path) as gateway:
        trouble.begin(gateway)
        gateway.start()
        gateway.assert_serves()
        gateway.until_told(trouble.words, trouble.part)
        gateway.until_header(trouble.part)
        refusal = gateway.refusal()
        assert refusal.startswith("503")
        assert trouble.refuses in refusal
        trouble.end(gateway)
        gateway.until_well()


@pytest.mark.parametrize("trouble", LASTING.values(), ids=LASTING)
def test_what_lasts_until_a_restart_is_said_until_then(
    provider: FakeProviderThread, tmp_path: Path, trouble: Trouble
) -> None:
    with starter(provider, tmp_path, workers=2) as gateway:
        trouble.begin(gateway)
        gateway.start()
        gateway.assert_serves()
        gateway.until_told(trouble.words, trouble.part)
        gateway.until_header(trouble.part)
        assert gateway.refusal() == ""
        assert gateway.gateway.stop() == 0
        trouble.end(gateway)
        gateway.start()
        gateway.until_well()


def test_what_can_be_put_right_is_put_right_at_once(provider: FakeProviderThread, tmp_path: Path) -> None:
    with starter(provider, tmp_path, workers=2) as gateway:
        for trouble in HARMLESS:
            trouble.begin(gateway)
        gateway.start()
        gateway.assert_serves()
        gateway.until_well()
        for trouble in HARMLESS:
            assert trouble.words in gateway.gateway.output
        assert [path.read_bytes() for path in set_aside_paths(gateway.state)] == [b"garbage" * 3_000]


def test_a_journal_that_lacks_what_its_head_knows_is_told_and_set_aside(
    provider: FakeProviderThread, tmp_path: Path
) -> None:
    with starter(provider, tmp_path) as gateway:
        gateway.start()
        gateway.assert_serves()
        gateway.until_recorded(4, outcome="answered")
        gateway.gateway.stop()
        journal = gateway.path("journal-0.sqlite")
        with closing(sqlite3.connect(journal)) as thief:
            thief.execute("DELETE FROM segment WHERE first_sequence = (SELECT max(first_sequence) FROM segment)")
            thief.commit()
        gateway.start()
        gateway.assert_serves()
        gateway.until_recorded(4, outcome="answered")
        assert "the old file is kept as" in gateway.gateway.output or "records are missing" in gateway.gateway.output
        alerts = [one for one in gateway.records() if isinstance(one, AlertRecord)]
        assert alerts, "the new chain says what happened to the old one"
        assert gateway.command("audit", "verify", code=1).out


def test_a_version_that_an_operator_went_back_to_and_that_is_gone_is_said(
    provider: FakeProviderThread, tmp_path: Path
) -> None:
    with starter(provider, tmp_path) as gateway:
        sha256 = hashlib.sha256(gateway.file.read_bytes()).hexdigest()
        pin = Pin("ab" * 32, instead_of=sha256)
        gateway.path("run/configuration.pin").write_bytes(msgspec.json.encode(pin))
        gateway.start()
        gateway.assert_serves()
        gateway.until_told("which cannot be had; the file runs", "state")
        gateway.until_header("state")
        gateway.command("route", "reload")
        gateway.until_well()


def test_a_state_folder_that_is_a_file_is_a_mistake_of_the_configuration(
    provider: FakeProviderThread, tmp_path: Path
) -> None:
    with starter(provider, tmp_path) as gateway:
        gateway.state.write_text("no folder")
        said = gateway.run("gateway", "-c", str(gateway.file), code=1)
        assert "state must be a folder; a file has that name" in said.err
        assert "Traceback" not in said.err

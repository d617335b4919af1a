"""A gateway that starts on a disk that is full, that takes no large file, or that is read-only."""

import errno
import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from mainstay.lab.provider.thread import FakeProviderThread
from tests.e2e.start_troubles import Starter, starter

FILE_BYTES_MAX = 4_096
"""So large a file may become where no larger one is allowed: nobody can begin a database with that."""
DISK = "6m"
PARTS = {"journal", "drafts", "state", "spending"}


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeProviderThread]:
    with FakeProviderThread("alpha") as running:
        yield running


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of this test's own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not run("mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)):
        pytest.skip("needs the right to mount a disk in memory")
    try:
        yield folder
    finally:
        assert run("umount", "-l", str(folder))


def run(program: str, *arguments: str) -> bool:
    """Whether a program of the system has done it."""
    path = shutil.which(program)
    return path is not None and subprocess.run([path, *arguments], capture_output=True, check=False).returncode == 0  # noqa: S603 - of the system


@contextmanager
def on(disk: Path, provider: FakeProviderThread, folder: Path, workers: int) -> Iterator[Starter]:
    """A gateway that keeps its state on this disk; it does not run yet."""
    with starter(provider, folder, workers) as gateway:
        gateway.state.symlink_to(disk)
        yield gateway


def assert_copes(gateway: Starter) -> None:
    """It serves, and says everywhere that it can write nothing down."""
    gateway.assert_serves()
    for part in PARTS:
        gateway.until_told(f"{part}: ", part)
    gateway.until_header("journal")
    refusal = gateway.refusal()
    assert refusal.startswith("503")
    assert "the journal cannot write now" in refusal
    assert gateway.ask("anthropic", key="some-key").headers["x-mainstay-idempotent"] == "not kept on disk"


@pytest.mark.parametrize("workers", [1, 2])
def test_a_full_disk(provider: FakeProviderThread, disk: Path, tmp_path: Path, workers: int) -> None:
    ballast = disk / "ballast"
    fill(ballast)
    with on(disk, provider, tmp_path, workers) as gateway:
        gateway.start()
        assert_copes(gateway)
        ballast.unlink()
        gateway.until_well_but("a name of its own")
        gateway.assert_serves()
        gateway.assert_nothing_is_lost()
        assert gateway.gateway.stop() == 0
        gateway.start()
        gateway.until_well()


def test_a_disk_that_is_read_only(provider: FakeProviderThread, disk: Path, tmp_path: Path) -> None:
    assert run("mount", "-o", "remount,ro", str(disk))
    with on(disk, provider, tmp_path, workers=2) as gateway:
        gateway.start()
        assert_copes(gateway)
        assert run("mount", "-o", "remount,rw", str(disk))
        gateway.until_well_but("a name of its own")
        gateway.assert_nothing_is_lost()


def test_a_disk_that_takes_no_large_file(provider: FakeProviderThread, tmp_path: Path) -> None:
    """The limit holds for the error stream, too."""
    with starter(provider, tmp_path) as gateway:
        with files_at_most(FILE_BYTES_MAX):
            running = gateway.begin()
        running.__enter__()
        gateway.assert_serves()
        gateway.until_told("journal: ", "journal")
        gateway.until_header("journal")
        assert "the journal cannot write now" in gateway.refusal()
        unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (unlimited, unlimited))
        gateway.until_well()
        gateway.assert_nothing_is_lost()


def fill(path: Path) -> None:
    """Leave no room."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    try:
        for size in (65_536, 1):
            with suppress(OSError):
                while os.write(descriptor, bytes(size)):
                    continue
        with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
            os.write(descriptor, b"x")
    finally:
        os.close(descriptor)


@contextmanager
def files_at_most(size: int) -> Iterator[None]:
    """Processes that are begun meanwhile can make no larger file (EFBIG)."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

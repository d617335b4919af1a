"""One gateway at a time."""

import fcntl
import os
from pathlib import Path

import pytest

from mainstay.gateway.supervisor.lock import LOCK_FILE, GatewayLock, holder_of
from mainstay.ledger.errors import StateInUseError


def lock(state: Path) -> GatewayLock:
    return GatewayLock(state, pytest.fail, rest=lambda _: None)


def test_a_second_gateway_is_refused_by_name(tmp_path: Path) -> None:
    first = lock(tmp_path)
    first.take()
    with pytest.raises(StateInUseError, match=f"in use by the gateway with process id {os.getpid()}"):
        lock(tmp_path).take()
    first.release()
    second = lock(tmp_path)
    second.take()
    second.release()


def test_the_holder_is_known_as_long_as_it_lives(tmp_path: Path) -> None:
    assert holder_of(tmp_path) is None
    first = lock(tmp_path)
    first.take()
    assert holder_of(tmp_path) == os.getpid()
    first.release()
    assert holder_of(tmp_path) is None


def test_who_only_asks_keeps_nobody_out(tmp_path: Path) -> None:
    lock(tmp_path).release()
    first = lock(tmp_path)
    first.take()
    first.release()
    asking = os.open(tmp_path / LOCK_FILE, os.O_RDONLY)
    fcntl.flock(asking, fcntl.LOCK_SH)
    late = GatewayLock(tmp_path, pytest.fail, rest=lambda _: fcntl.flock(asking, fcntl.LOCK_UN))
    late.take()
    late.release()
    os.close(asking)


def test_a_disk_in_trouble_is_told_and_does_not_keep_us_from_serving(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("no folder")
    told: list[str] = []
    one = GatewayLock(tmp_path, told.append)
    one.take()
    one.release()
    assert "a second gateway on this folder would not be noticed" in told[0]


def test_a_lock_that_could_not_be_taken_is_taken_when_the_disk_allows_it(tmp_path: Path) -> None:
    way = tmp_path / "run"
    way.write_text("in the way")
    told: list[str] = []
    lock = GatewayLock(tmp_path, told.append)
    lock.take()
    assert "a second gateway on this folder would not be noticed" in lock.trouble
    lock.take_late()
    assert told == [lock.trouble], "told once"
    way.unlink()
    lock.take_late()
    assert lock.trouble == ""
    with pytest.raises(StateInUseError):
        GatewayLock(tmp_path, pytest.fail).take()
    lock.release()


def test_who_was_not_noticed_says_that_another_one_was_first(tmp_path: Path) -> None:
    way = tmp_path / "run"
    way.write_text("in the way")
    late = GatewayLock(tmp_path, lambda _: None)
    late.take()
    way.unlink()
    first = GatewayLock(tmp_path, pytest.fail)
    first.take()
    late.take_late()
    assert "is in use by the gateway" in late.trouble
    first.release()
    late.take_late()
    assert late.trouble == ""
    late.release()

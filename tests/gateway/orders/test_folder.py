"""The folder of orders: registers that whoever comes may write."""

import os
from pathlib import Path

import msgspec
import pytest

from mainstay.gateway.orders import folder as folder_module
from mainstay.gateway.orders.folder import ORDER_BYTES_MAX, REMEMBERED_SECONDS, OrderFolder
from mainstay.model.orders import Order, OrderKind
from tests.engine.routing.given import WALL, order
from tests.gateway.orders.watch import write

DRAIN = order(OrderKind.DRAIN, "alpha", id="ORD-AAAA")
CHANGED = msgspec.structs.replace(DRAIN, revision=2, reason="changed")


@pytest.fixture
def folder(tmp_path: Path) -> OrderFolder:
    return OrderFolder(tmp_path / "state")


def test_a_folder_that_is_not_there_holds_nothing_and_is_not_made(folder: OrderFolder) -> None:
    assert folder.all() == ({}, [])
    assert folder.stamps() == {}
    assert folder.read("ORD-AAAA") is None
    assert not folder.path.exists()


def test_an_order_is_read_as_it_was_written_and_is_for_us_alone(folder: OrderFolder) -> None:
    write(folder, DRAIN)
    assert folder.all() == ({DRAIN.id: DRAIN}, [])
    assert (folder.path / "ORD-AAAA.json").stat().st_mode & 0o777 == 0o600


def test_the_newer_account_stays_whoever_writes_last(folder: OrderFolder) -> None:
    for one in (DRAIN, CHANGED, DRAIN):
        write(folder, one)
    assert folder.read(DRAIN.id) == CHANGED


def test_what_is_there_already_is_not_written_again(folder: OrderFolder) -> None:
    write(folder, DRAIN)
    before = folder.stamps()
    write(folder, DRAIN)
    assert folder.stamps() == before
    write(folder, CHANGED)
    assert folder.stamps() != before


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is no order, or damaged"),
        (b"\xff\x00", "is no order, or damaged"),
        (msgspec.json.encode(DRAIN)[:-9], "is no order, or damaged"),
        (msgspec.json.encode(CHANGED).replace(b"changed", b""), "a reason is needed"),
        (msgspec.json.encode(DRAIN).replace(b"ORD-AAAA", b"ORD-BBBB"), "not named after its id"),
        (b"[" * 10_000, "is no order, or damaged"),
        (b" " * (ORDER_BYTES_MAX + 1), "larger than"),
    ],
)
def test_a_file_that_is_no_order_is_told_and_left_out(folder: OrderFolder, content: bytes, words: str) -> None:
    write(folder, order(OrderKind.PIN, "beta", id="ORD-CCCC"))
    (folder.path / "ORD-AAAA.json").write_bytes(content)
    orders, (trouble,) = folder.all()
    assert list(orders) == ["ORD-CCCC"]
    assert words in trouble


def test_a_damaged_file_is_mended_by_whoever_knows_the_order(folder: OrderFolder) -> None:
    write(folder, DRAIN)
    (folder.path / "ORD-AAAA.json").write_bytes(b"torn")
    write(folder, DRAIN)
    assert folder.read(DRAIN.id) == DRAIN


def test_other_files_are_none_of_its_business(folder: OrderFolder) -> None:
    write(folder, DRAIN)
    for name in ("notes.txt", ".new-1234", "ORD-lower.json", "ORD-AAAA.json.bak"):
        (folder.path / name).write_bytes(b"x")
    assert list(folder.stamps()) == ["ORD-AAAA"]


def test_a_link_to_elsewhere_is_a_file_like_any_other(folder: OrderFolder, tmp_path: Path) -> None:
    write(folder, DRAIN)
    (folder.path / "ORD-DDDD.json").symlink_to(tmp_path / "nowhere")
    assert folder.all() == ({DRAIN.id: DRAIN}, [])


def test_of_too_many_files_only_some_are_looked_at(folder: OrderFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_module, "ORDERS_MAX", 3)
    for letter in "ABCDE":
        write(folder, order(OrderKind.DRAIN, "alpha", id=f"ORD-{letter * 4}"))
    assert list(folder.stamps()) == ["ORD-AAAA", "ORD-BBBB", "ORD-CCCC"]


def test_an_order_is_forgotten_a_day_after_its_expiry_and_not_after_its_end(folder: OrderFolder) -> None:
    ended: Order = msgspec.structs.replace(DRAIN, revision=2, ended_at=WALL + 1, ended_by="ada")
    write(folder, ended)
    half_written = folder.path / ".new-left"
    half_written.write_bytes(b"x")
    os.utime(half_written, (WALL, WALL))
    with folder.lock():
        assert folder.forget(ended.expires_at + REMEMBERED_SECONDS - 1) == []
        assert not half_written.exists()
        assert folder.forget(ended.expires_at + REMEMBERED_SECONDS) == [ended.id]
    assert folder.stamps() == {}

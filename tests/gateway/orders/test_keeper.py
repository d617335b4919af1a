"""Which orders a process goes by, whatever happens to its folder."""

from pathlib import Path

import msgspec
import pytest

from mainstay.gateway.orders import keeper as keeper_module
from mainstay.gateway.orders.folder import REMEMBERED_SECONDS, OrderFolder
from mainstay.gateway.orders.keeper import AHEAD_SECONDS_MAX, FORGET_SECONDS
from mainstay.model.orders import Order, OrderKind
from tests.engine.routing.given import WALL, order
from tests.gateway.orders.watch import Watch, write

DRAIN = order(OrderKind.DRAIN, "alpha", id="ORD-AAAA")
PIN = order(OrderKind.PIN, "beta", id="ORD-BBBB")
ENDED = msgspec.structs.replace(DRAIN, revision=2, ended_at=WALL + 1, ended_by="ada")


def test_without_orders_there_is_nothing_to_look_up(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    assert watch.keeper.routing is None
    assert watch.keeper.status().trouble is None
    assert not (tmp_path / "orders").exists()


def test_an_order_in_the_folder_is_followed_from_the_start(tmp_path: Path) -> None:
    write(OrderFolder(tmp_path), DRAIN)
    watch = Watch(tmp_path)
    assert watch.in_force == [DRAIN.id]
    assert watch.followed == [DRAIN]


def test_an_order_that_is_given_later_is_followed_within_a_quarter_of_a_second(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    write(watch.folder, DRAIN)
    assert watch.in_force == []
    assert watch.tick(0.25).in_force == [DRAIN.id]
    assert (watch.changes, watch.followed) == (1, [DRAIN])


def test_its_end_is_followed_as_soon(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    write(watch.folder, DRAIN)
    watch.tick()
    write(watch.folder, ENDED)
    assert watch.tick().keeper.routing is None
    assert watch.followed == [DRAIN, ENDED]


def test_an_order_that_expires_is_followed_no_more(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    write(watch.folder, msgspec.structs.replace(DRAIN, expires_at=WALL + 10))
    assert watch.tick(9.75).in_force == [DRAIN.id]
    assert watch.tick(0.25).in_force == []
    assert watch.changes == 2


def test_each_account_is_told_once_however_often_it_comes(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    write(watch.folder, DRAIN)
    watch.tick()
    assert list(watch.keeper.take_news()) == [DRAIN]
    assert not watch.keeper.hear(DRAIN)
    assert watch.keeper.offer(DRAIN) == ""
    watch.tick(5.0)
    assert list(watch.keeper.take_news()) == []
    assert watch.followed == [DRAIN]


def test_what_others_tell_is_followed_at_once_and_kept(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    assert watch.keeper.hear(PIN)
    assert watch.in_force == [PIN.id]
    assert watch.folder.read(PIN.id) == PIN
    assert Watch(tmp_path).in_force == [PIN.id]


def test_what_others_tell_is_not_told_back_but_stands_in_the_account(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    watch.keeper.hear(PIN)
    watch.tick()
    assert list(watch.keeper.take_news()) == []
    assert list(watch.keeper.everything()) == [PIN]


def test_what_was_offered_here_is_told_to_others(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    assert watch.keeper.offer(PIN) == ""
    assert list(watch.keeper.take_news()) == [PIN]
    assert watch.in_force == [PIN.id]


def test_an_old_account_does_not_bring_an_ended_order_back(tmp_path: Path) -> None:
    write(OrderFolder(tmp_path), ENDED)
    watch = Watch(tmp_path)
    assert not watch.keeper.hear(DRAIN)
    assert watch.in_force == []
    assert list(watch.keeper.everything()) == [ENDED], "whoever was off meanwhile must learn that it has ended"


def test_orders_that_were_over_before_the_start_are_not_taken_note_of(tmp_path: Path) -> None:
    write(OrderFolder(tmp_path), ENDED)
    assert Watch(tmp_path).followed == []


def test_a_file_that_is_removed_ends_nothing_and_is_written_anew(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    write(watch.folder, DRAIN)
    watch.tick()
    (watch.folder.path / "ORD-AAAA.json").unlink()
    assert watch.tick().in_force == [DRAIN.id]
    assert watch.tick().folder.read(DRAIN.id) == DRAIN


def test_the_file_of_an_ended_order_is_written_anew_too_until_it_would_have_expired(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    watch.keeper.hear(msgspec.structs.replace(ENDED, expires_at=WALL + 10))
    file = watch.folder.path / "ORD-AAAA.json"
    file.unlink()
    watch.tick()
    assert file.exists()
    file.unlink()
    watch.tick(11.0)
    file.unlink(missing_ok=True)
    watch.tick(1.0)
    assert not file.exists()


def test_a_damaged_file_is_told_once_and_changes_nothing(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    write(watch.folder, DRAIN)
    watch.tick()
    (watch.folder.path / "ORD-AAAA.json").write_bytes(b"torn")
    (watch.folder.path / "ORD-EVIL.json").write_bytes(b"[" * 1_000)
    watch.tick(1.0)
    assert watch.in_force == [DRAIN.id]
    assert len(watch.reports) == 2
    trouble = watch.keeper.status().trouble
    assert trouble is not None
    assert "is no order, or damaged" in trouble
    for name in ("ORD-AAAA.json", "ORD-EVIL.json"):
        (watch.folder.path / name).unlink()
    assert watch.tick(0.5).keeper.status().trouble is None


def test_a_folder_that_cannot_be_read_ends_no_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch(tmp_path)
    write(watch.folder, DRAIN)
    watch.tick()
    with monkeypatch.context() as broken:
        broken.setattr(OrderFolder, "stamps", _broken)
        watch.tick(2.0)
        assert watch.in_force == [DRAIN.id]
        assert "going on with the orders that are known" in (watch.keeper.status().trouble or "")
    assert len(watch.reports) == 1
    assert watch.tick().keeper.status().trouble is None


def test_what_cannot_be_kept_is_followed_and_kept_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch(tmp_path)
    with monkeypatch.context() as full:
        full.setattr(OrderFolder, "keep", _broken)
        watch.keeper.hear(PIN)
        watch.tick(2.0)
        assert watch.in_force == [PIN.id]
        assert "cannot be kept" in (watch.keeper.status().trouble or "")
    assert len(watch.reports) == 1
    watch.tick(0.5)
    assert watch.folder.read(PIN.id) == PIN
    assert watch.keeper.status().trouble is None


def test_what_comes_while_something_is_written_is_written_next(tmp_path: Path) -> None:
    watch = Watch(tmp_path, late=True)
    watch.keeper.hear(PIN)
    newer = msgspec.structs.replace(PIN, revision=2)
    watch.keeper.hear(newer)
    assert len(watch.jobs) == 1
    watch.jobs.pop()()
    assert watch.folder.read(PIN.id) == newer


def test_what_comes_in_the_middle_of_writing_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch(tmp_path)
    newer = msgspec.structs.replace(PIN, revision=2)
    keep = OrderFolder.keep

    def slow(folder: OrderFolder, order: Order) -> Order:
        kept = keep(folder, order)
        watch.keeper.hear(newer)
        return kept

    with monkeypatch.context() as writing:
        writing.setattr(OrderFolder, "keep", slow)
        watch.keeper.hear(PIN)
    watch.tick()
    assert watch.folder.read(PIN.id) == newer


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reason": ""}, "a reason is needed"),
        ({"given_at": WALL - 7_200, "expires_at": WALL - 1}, "it has expired"),
        ({"given_at": WALL + AHEAD_SECONDS_MAX + 1, "expires_at": WALL + 9_999}, "given in the future"),
    ],
)
def test_what_makes_no_sense_is_not_taken_from_anybody(tmp_path: Path, changes: dict[str, object], words: str) -> None:
    watch = Watch(tmp_path)
    bad: Order = msgspec.structs.replace(PIN, **changes)
    assert words in watch.keeper.offer(bad)
    assert not watch.keeper.hear(bad)
    assert watch.in_force == []


def test_a_clock_that_is_a_little_behind_hinders_nothing(tmp_path: Path) -> None:
    watch = Watch(tmp_path, ahead=-300.0)
    assert watch.keeper.hear(PIN)
    assert watch.in_force == [PIN.id]


def test_the_number_of_orders_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper_module, "IN_FORCE_MAX", 2)
    watch = Watch(tmp_path)
    for number in range(2):
        assert watch.keeper.hear(order(OrderKind.DRAIN, "alpha", id=f"ORD-000{number}"))
    assert "end some first" in watch.keeper.offer(PIN)
    assert watch.keeper.offer(msgspec.structs.replace(ENDED, id="ORD-0000")) == ""
    assert watch.keeper.offer(PIN) == ""


def test_so_is_the_number_of_those_that_are_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper_module, "ORDERS_MAX", 1)
    watch = Watch(tmp_path)
    watch.keeper.hear(PIN)
    assert not watch.keeper.hear(DRAIN)
    assert "no more are taken" in (watch.keeper.status().trouble or "")


def test_what_is_over_for_a_day_is_forgotten(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    write(watch.folder, DRAIN)
    watch.tick()
    # A clock that jumps, rather than a day of quarters of a second.
    watch._offset += 3_600.0 + REMEMBERED_SECONDS + FORGET_SECONDS
    watch.tick()
    assert watch.folder.stamps() == {}
    assert list(watch.keeper.everything()) == []
    assert watch.keeper._known == {}


def test_readiness_tells_what_is_in_force(tmp_path: Path) -> None:
    write(OrderFolder(tmp_path), DRAIN)
    (shown,) = Watch(tmp_path).keeper.status().in_force
    assert (shown.id, shown.kind, shown.words, shown.expires_at) == (
        DRAIN.id,
        "drain",
        DRAIN.words,
        DRAIN.expires_at,
    )


def test_who_is_closed_looks_no_more(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    watch.keeper.close()
    write(watch.folder, DRAIN)
    assert watch.tick(5.0).in_force == []
    assert watch.clock.due == []


def _broken(*_: object) -> None:
    raise OSError(28, "no space left on device")

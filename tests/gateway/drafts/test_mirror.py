import asyncio
from collections.abc import Iterator

import pytest

from mainstay.gateway.drafts import mirror as module
from mainstay.gateway.drafts.errands import Errands
from mainstay.gateway.drafts.mirror import BEAT_SECONDS, Mirror, MirrorStatus, whole_copy
from mainstay.gateway.drafts.mirror_store import PIECE_BYTES_MAX, MirrorStore
from mainstay.gateway.drafts.owner import Owner
from mainstay.gateway.drafts.wishes import Wish, WishKind
from mainstay.gateway.shared.port import SharedTroubleError
from tests.gateway.drafts.cloud import Cloud
from tests.gateway.drafts.conftest import ManualLoop


class Rig:
    def __init__(self) -> None:
        self.cloud = Cloud()
        self.loop = ManualLoop()
        self.reports: list[str] = []
        self.wished: list[Wish] = []
        self.store = MirrorStore(self.cloud, Owner("here/0", "a1"), 60.0)
        self.mirror = Mirror(
            self.store,
            Errands(self.loop, self.reports.append),
            clock=lambda: self.loop.now,
            bytes_max=1_000,
            keep_seconds=60.0,
            wished=self.wished.append,
        )

    def wrote(self, exchange_id: str, offset: int, data: bytes, *, last: bool = False) -> None:
        self.mirror.wrote(exchange_id, offset, data, is_last=last)

    def copy(self, exchange_id: str) -> bytes | None:
        return self.cloud.strings.get(f"mainstay:draft:{exchange_id}".encode())

    @property
    def status(self) -> MirrorStatus:
        return self.mirror.status()


@pytest.fixture
def rig() -> Iterator[Rig]:
    made = Rig()
    yield made
    assert made.reports == []


def test_what_was_written_is_sent_at_the_next_tick(rig: Rig) -> None:
    rig.wrote("ex_1", 0, b"one")
    rig.wrote("ex_1", 3, b"two")
    assert (rig.copy("ex_1"), rig.status.bytes_pending) == (None, 6)
    rig.mirror.tick()
    assert rig.copy("ex_1") == b"onetwo"
    assert rig.status == MirrorStatus(1, 6, 0, 0)


def test_a_tick_without_news_asks_nobody_but_for_the_heartbeat(rig: Rig) -> None:
    rig.mirror.tick()
    rig.mirror.tick()
    assert rig.cloud.calls == ["EVAL"]
    rig.loop.now += BEAT_SECONDS
    rig.mirror.tick()
    assert len(rig.cloud.calls) == 2


def test_what_could_not_be_sent_is_sent_later(rig: Rig) -> None:
    rig.cloud.paused = True
    rig.wrote("ex_1", 0, b"one")
    rig.mirror.tick()
    rig.wrote("ex_1", 3, b"two")
    rig.mirror.tick()
    assert rig.status.bytes_pending == 6
    rig.cloud.paused = False
    rig.mirror.tick()
    assert (rig.copy("ex_1"), rig.status.bytes_pending, rig.status.dropped) == (b"onetwo", 0, 0)


def test_what_waits_is_bounded_and_given_up_whole(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PENDING_BYTES_MAX", 5)
    rig.wrote("ex_1", 0, b"one")
    rig.mirror.tick()
    rig.cloud.paused = True
    rig.wrote("ex_1", 3, b"two")
    rig.wrote("ex_1", 6, b"three")
    rig.wrote("ex_2", 0, b"other")
    rig.mirror.tick()
    rig.cloud.paused = False
    rig.mirror.tick()
    assert (rig.copy("ex_1"), rig.copy("ex_2")) == (None, None)
    assert (rig.status.dropped, rig.status.bytes_pending) == (2, 0)
    rig.wrote("ex_1", 11, b"four")
    rig.mirror.tick()
    assert rig.copy("ex_1") is None, "nothing without its beginning"
    assert rig.status.bytes_pending == 0


def test_what_is_lost_here_is_not_left_there(rig: Rig) -> None:
    rig.wrote("ex_1", 0, b"one")
    rig.mirror.tick()
    rig.mirror.lost("ex_1")
    rig.mirror.tick()
    assert rig.copy("ex_1") is None


def test_a_long_one_is_sent_in_pieces(rig: Rig) -> None:
    data = bytes(range(256)) * (PIECE_BYTES_MAX // 256 + 1)
    rig.wrote("ex_1", 0, data)
    rig.mirror.tick()
    assert rig.copy("ex_1") == data
    assert asyncio.run(whole_copy(rig.store, "ex_1", 3)) == (data[33:34], data[3:], "here/0 a1 1", True)


def test_one_that_is_too_long_is_not_kept(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "COPY_BYTES_MAX", 5)
    rig.wrote("ex_1", 0, b"one")
    rig.mirror.tick()
    rig.wrote("ex_1", 3, b"two")
    rig.mirror.tick()
    assert (rig.copy("ex_1"), rig.status.dropped) == (None, 1)


def test_a_copy_that_nobody_made_is_not_read_for_ever(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mainstay.gateway.drafts.mirror_store.PIECE_BYTES_MAX", 1)
    monkeypatch.setattr(module, "COPY_BYTES_MAX", 2)
    rig.wrote("ex_1", 0, b"on")
    rig.mirror.tick()
    rig.cloud.strings[b"mainstay:draft:ex_1"] = bytes(50)
    with pytest.raises(SharedTroubleError):
        asyncio.run(whole_copy(rig.store, "ex_1", 0))


def test_all_copies_together_are_bounded_the_oldest_that_ended_go(rig: Rig) -> None:
    rig.wrote("ex_0", 0, bytes(500))
    for number in range(1, 4):
        rig.wrote(f"ex_{number}", 0, bytes(300), last=True)
        rig.mirror.tick()
    rig.mirror.tick()
    assert [rig.copy(f"ex_{number}") is not None for number in range(4)] == [True, False, False, True]
    assert rig.status.bytes_copied == 800


def test_those_whose_time_is_over_are_not_counted(rig: Rig) -> None:
    rig.wrote("ex_1", 0, bytes(300), last=True)
    rig.mirror.tick()
    rig.loop.now += 61.0
    rig.mirror.tick()
    assert rig.status == MirrorStatus(0, 0, 0, 0)


def test_one_that_somebody_took_over_is_left_to_him(rig: Rig) -> None:
    rig.wrote("ex_1", 0, b"one")
    rig.mirror.tick()
    rig.cloud.strings[b"mainstay:writer:ex_1"] = b"there/0 b1 2"
    rig.wrote("ex_1", 3, b"two")
    rig.mirror.tick()
    assert (rig.copy("ex_1"), rig.status.dropped) == (b"one", 1)


def test_one_that_is_gone_on_with_begins_anew(rig: Rig) -> None:
    rig.wrote("ex_1", 0, b"torn off", last=True)
    rig.mirror.tick()
    assert asyncio.run(rig.store.keep("ex_1", by_force=False)) == 2
    rig.mirror.goes_on("ex_1", 2)
    rig.wrote("ex_1", 0, b"torn")
    rig.wrote("ex_1", 4, b" anew")
    rig.mirror.tick()
    assert rig.copy("ex_1") == b"torn anew"


def test_links_and_removals_wait_for_the_store(rig: Rig) -> None:
    rig.cloud.paused = True
    rig.wrote("ex_1", 0, b"one")
    rig.mirror.linked("resp_1", "ex_2")
    rig.mirror.remove("ex_1")
    rig.mirror.tick()
    rig.cloud.paused = False
    rig.mirror.tick()
    assert asyncio.run(rig.store.find_response("resp_1")) == "ex_2"


def test_wishes_are_heard_with_the_heartbeat(rig: Rig) -> None:
    wish = Wish(WishKind.DELETE, "ex_1")
    asyncio.run(rig.store.wish(wish, "here/0"))
    rig.mirror.tick()
    assert rig.wished == [wish]


def test_who_leaves_says_so_and_leaves_nothing_behind(rig: Rig) -> None:
    rig.mirror.tick()
    rig.wrote("ex_1", 0, b"one")
    asyncio.run(rig.mirror.leave())
    assert rig.copy("ex_1") == b"one"
    assert b"mainstay:alive:here/0" not in rig.cloud.strings


def test_who_leaves_while_the_store_hangs_just_leaves(rig: Rig) -> None:
    rig.cloud.paused = True
    asyncio.run(rig.mirror.leave())


def test_who_removes_is_told_when_the_copy_is_gone_and_nothing_begins_it_anew(rig: Rig) -> None:
    gone: list[bytes | None] = []
    rig.wrote("ex_1", 0, b"one")
    rig.mirror.tick()
    rig.wrote("ex_1", 0, b"once more, from the beginning")
    rig.mirror.remove("ex_1", lambda: gone.append(rig.copy("ex_1")))
    rig.mirror.tick()
    assert (gone, rig.copy("ex_1")) == ([None], None)


def test_who_removes_is_told_once_while_the_store_is_away_and_it_is_removed_later(rig: Rig) -> None:
    gone: list[str] = []
    rig.wrote("ex_1", 0, b"one")
    rig.mirror.tick()
    rig.cloud.paused = True
    rig.mirror.remove("ex_1", lambda: gone.append("ex_1"))
    assert (gone, rig.copy("ex_1")) == (["ex_1"], b"one")
    rig.cloud.paused = False
    rig.mirror.tick()
    assert (gone, rig.copy("ex_1")) == (["ex_1"], None)

"""Datagrams on real sockets: who is paused, dead, new or deaf costs the others nothing."""

import asyncio
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from mainstay.gateway.bus.bulletins import BULLETIN_BYTES_MAX
from mainstay.gateway.bus.datagrams import LISTING_SECONDS, Datagrams
from tests.gateway.bus.rig import Heard, TwoClocks

LARGE = b"x" * BULLETIN_BYTES_MAX


class Stage:
    def __init__(self, folder: Path) -> None:
        self.folder = folder / "run"
        self.clock = TwoClocks()
        self.reports: list[str] = []
        self.open: list[Datagrams] = []

    def worker(self, number: int) -> tuple[Datagrams, Heard]:
        datagrams, heard = self.mute(number), Heard()
        datagrams.start(heard)
        return datagrams, heard

    def mute(self, number: int) -> Datagrams:
        loop = asyncio.get_running_loop()
        self.open.append(Datagrams(self.folder, number, loop, self.clock, self.reports.append))
        return self.open[-1]

    def listing_is_due(self) -> None:
        self.clock.advance(LISTING_SECONDS)


def play(folder: Path, story: Callable[[Stage], Awaitable[None]]) -> Stage:
    async def whole() -> Stage:
        stage = Stage(folder)
        try:
            await story(stage)
        finally:
            for one in stage.open:
                await one.close()
        return stage

    return asyncio.run(whole())


def test_what_one_publishes_all_others_hear(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        (first, ours), (_, second), (_, third) = (stage.worker(number) for number in range(3))
        first.publish(b"news")
        first.publish(LARGE)
        for heard in (second, third):
            await heard.until_count(2)
            assert heard.bulletins == [b"news", LARGE]
        assert ours.bulletins == []
        assert first.status().sent == 4

    assert play(tmp_path, story).reports == []


def test_who_begins_asks_for_everything(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        assert stage.worker(0)[1].missed == 1

    play(tmp_path, story)


def test_a_newcomer_is_spoken_to_at_once(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        first, _ = stage.worker(0)
        first.publish(b"to nobody")
        _, second = stage.worker(1)
        first.publish(b"news")
        await second.until(lambda: second.bulletins == [b"news"])

    play(tmp_path, story)


def test_nobody_else_on_the_machine_may_listen_or_speak(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        stage.worker(0)
        assert stat.S_IMODE(stage.folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((stage.folder / "bus-0.sock").stat().st_mode) == 0o600

    play(tmp_path, story)


def pause(datagrams: Datagrams) -> None:
    """As a stopped process: its socket stands, and nobody reads it."""
    assert datagrams._socket is not None
    datagrams._loop.remove_reader(datagrams._socket)


def resume(datagrams: Datagrams) -> None:
    assert datagrams._socket is not None
    datagrams._loop.add_reader(datagrams._socket, datagrams._readable)


def test_a_paused_worker_neither_blocks_nor_silences_us(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        (first, ours), (paused, late), (_, awake) = (stage.worker(number) for number in range(3))
        pause(paused)
        for number in range(50):
            first.publish(LARGE)
            await awake.until_count(number + 1)
        assert first.status().lost >= 30
        assert ours.others == 0
        resume(paused)
        await late.until(lambda: len(late.bulletins) == 50 - first.status().lost)
        first.publish(b"again")
        assert ours.others == 1, "whoever missed something is told everything"
        first.publish(b"again")
        assert ours.others == 1

    play(tmp_path, story)


def test_a_dead_worker_is_skipped_and_its_successor_is_spoken_to(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        first, _ = stage.worker(0)
        dead, _ = stage.worker(1)
        assert dead._socket is not None
        asyncio.get_running_loop().remove_reader(dead._socket)
        dead._socket.close()
        dead._socket = None
        first.publish(b"lost")
        assert first.status().trouble is None
        _, successor = stage.worker(1)
        first.publish(b"news")
        await successor.until(lambda: successor.bulletins == [b"news"])

    play(tmp_path, story)


def test_who_left_is_forgotten(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        (first, _), (second, _) = stage.worker(0), stage.worker(1)
        first.publish(b"news")
        await second.close()
        stage.listing_is_due()
        first.publish(b"news")
        assert first._peers == {}
        assert not (stage.folder / "bus-1.sock").exists()

    play(tmp_path, story)


def test_a_socket_that_somebody_removed_is_made_again(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        (first, ours), (second, _) = stage.worker(0), stage.worker(1)
        (stage.folder / "bus-0.sock").unlink()
        stage.listing_is_due()
        first.publish(b"sign of life")
        second.publish(b"news")
        await ours.until(lambda: ours.bulletins == [b"news"])
        assert ours.missed == 2

    play(tmp_path, story)


def test_a_state_folder_with_a_long_path_works_all_the_same(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        stage.folder = stage.folder / ("long" * 40)
        (first, _), (_, second) = stage.worker(0), stage.worker(1)
        first.publish(b"news")
        await second.until(lambda: second.bulletins == [b"news"])

    assert play(tmp_path, story).reports == []


def test_other_files_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        stage.folder.mkdir(mode=0o700)
        for name in ("worker-1.json", "bus-x.sock", "bus-99999.sock"):
            (stage.folder / name).write_text("")
        first, _ = stage.worker(0)
        first.publish(b"news")
        assert first._peers == {}

    play(tmp_path, story)


def test_a_folder_that_cannot_be_used_is_told_once_and_tried_again(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        stage.folder.write_text("not a folder")
        first, _ = stage.worker(0)
        for _ in range(3):
            stage.listing_is_due()
            first.publish(b"news")
        assert first.status().trouble is not None
        stage.folder.unlink()
        stage.listing_is_due()
        first.publish(b"news")
        assert first.status().trouble is None
        assert (stage.folder / "bus-0.sock").exists()

    trouble, mended = play(tmp_path, story).reports
    assert trouble.startswith("bus: no news from and to the other workers: ")
    assert mended == "bus: news pass between the workers again"


@pytest.mark.parametrize("data", [b"", b"garbage", b"x" * (BULLETIN_BYTES_MAX + 1)])
def test_any_datagram_is_handed_on_for_the_bus_to_judge(tmp_path: Path, data: bytes) -> None:
    async def story(stage: Stage) -> None:
        (first, _), (_, second) = stage.worker(0), stage.worker(1)
        first.publish(data)
        await second.until(lambda: second.bulletins == [data])

    play(tmp_path, story)

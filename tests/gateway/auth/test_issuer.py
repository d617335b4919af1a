import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec

from mainstay.gateway.auth.issuer import ASKED_AGAIN_SECONDS, REFRESH_SECONDS, Desk, Issuer
from mainstay.gateway.tokens.client import IdentityClient
from mainstay.gateway.tokens.keeper import read_text_file
from mainstay.gateway.tokens.renewer import Surroundings
from mainstay.gateway.tokens.source import Response
from mainstay.model.commands import Open
from mainstay.model.events import Breakage
from tests.gateway.auth.scene import KEYS_URL, now_at_once
from tests.gateway.doubles import FakeClock
from tests.gateway.http.conftest import PATIENCE_SECONDS, Visit, client, until, upstream
from tests.gateway.tokens.identity import FakeServices, said, surroundings
from tests.wire.trust.foreign_makers import ISSUER, key_set_text, public

ONE, BOTH = key_set_text(public("RS256")), key_set_text(public("RS256"), public("ES256"))


class Work:
    """An issuer at work in virtual time. `keys` is what it answers: a text, or how it fails; `None` hangs."""

    def __init__(
        self, state: Path, keys: str | Breakage | None = ONE, run: Callable[[Callable[[], None]], object] = now_at_once
    ) -> None:
        self.keys = keys
        self.clock = FakeClock(0.0)
        self.services = FakeServices(self.clock, self.answer)
        self.reports: list[str] = []
        self.changes = 0
        desk = Desk(state, surroundings(self.clock, self.services), self.reports.append, self.changed, run)
        self.issuer = Issuer(ISSUER, KEYS_URL, desk)
        self.issuer.start()
        self.clock.advance(0)

    def answer(self, command: Open) -> Response | Breakage | None:
        assert command.url == KEYS_URL
        return said(self.keys.encode()) if isinstance(self.keys, str) else self.keys

    def changed(self) -> None:
        self.changes += 1

    @property
    def asked(self) -> int:
        return len(self.services.asked_at)

    def knows(self, key: str) -> bool:
        return self.issuer.keys is not None and self.issuer.keys.has(key)


def test_keys_are_fetched_at_the_start_and_every_hour(tmp_path: Path) -> None:
    work = Work(tmp_path)
    assert (work.asked, work.knows("rsa"), work.issuer.state, work.changes) == (1, True, "ok", 1)
    work.keys = BOTH
    work.clock.advance(REFRESH_SECONDS - 1)
    assert work.asked == 1
    work.clock.advance(1)
    assert (work.asked, work.knows("P-256"), work.changes) == (2, True, 2)


def test_keys_that_did_not_change_are_no_news(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.clock.advance(REFRESH_SECONDS)
    assert (work.asked, work.changes) == (2, 1)


def test_while_the_issuer_is_down_its_keys_are_used_however_old(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.keys = Breakage.CONNECT_TIMEOUT
    work.clock.advance(86_400)
    assert work.knows("rsa")
    assert "going on with its keys of 2026-03-02" in work.issuer.state
    assert len(work.reports) == 1
    work.keys = ONE
    work.clock.advance(61)
    assert work.issuer.state == "ok"
    assert len(work.reports) == 2


def test_an_issuer_that_is_down_is_asked_about_once_a_minute(tmp_path: Path) -> None:
    work = Work(tmp_path, Breakage.REFUSED)
    work.clock.advance(3_600)
    assert 55 <= work.asked <= 130


def test_after_a_restart_the_kept_keys_serve(tmp_path: Path) -> None:
    Work(tmp_path)
    work = Work(tmp_path, None)
    assert work.knows("rsa")
    assert work.issuer.state == "ok"


def test_an_issuer_that_was_never_reached_has_no_keys(tmp_path: Path) -> None:
    work = Work(tmp_path, None)
    assert work.issuer.keys is None
    assert work.issuer.state == "its keys have not been fetched yet"
    work.clock.advance(30)
    assert "no keys yet" in work.issuer.state


def test_an_unknown_key_is_asked_for_at_most_once_a_minute(tmp_path: Path) -> None:
    work = Work(tmp_path)
    for _ in range(1_000):
        work.issuer.missed()
    work.clock.advance(ASKED_AGAIN_SECONDS - 1)
    assert work.asked == 1
    work.clock.advance(1)
    assert work.asked == 2
    work.clock.advance(600)
    assert work.asked == 2
    work.issuer.missed()
    work.clock.advance(0)
    assert work.asked == 3
    assert work.services.running_most == 1


def test_after_an_unknown_key_the_hourly_round_goes_on(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.issuer.missed()
    work.clock.advance(ASKED_AGAIN_SECONDS + REFRESH_SECONDS)
    assert work.asked == 3


def test_an_answer_of_nonsense_changes_nothing(tmp_path: Path) -> None:
    work = Work(tmp_path)
    for keys in ("<html>", '{"keys":[]}', "[" * 50_000):
        work.keys = keys
        work.clock.advance(REFRESH_SECONDS)
        assert work.knows("rsa")
        assert work.issuer.state != "ok"


def test_a_disk_that_fails_is_told_and_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file, where a folder should be")
    work = Work(tmp_path)
    assert work.knows("rsa")
    assert "cannot be kept" in work.reports[0]


def test_writing_happens_beside(tmp_path: Path) -> None:
    jobs: list[Callable[[], None]] = []
    work = Work(tmp_path, run=jobs.append)
    assert work.knows("rsa")
    assert not (tmp_path / "keys").exists()
    (job,) = jobs
    job()
    assert (tmp_path / "keys").exists()


def test_a_closed_issuer_asks_no_more(tmp_path: Path) -> None:
    work = Work(tmp_path, None)
    work.issuer.close()
    work.clock.advance(7_200)
    assert (work.asked, work.clock.due) == (1, [])
    assert all(attempt.cancelled for attempt in work.services.running)


def test_a_real_issuer_is_asked_over_a_real_connection(tmp_path: Path) -> None:
    async def play() -> None:
        asked: list[bytes] = []

        async def answer(visit: Visit) -> None:
            while True:
                asked.append((await visit.request()).split()[1])
                issuer = f"http://127.0.0.1:{service.port}"
                told = msgspec.json.encode({"issuer": issuer, "jwks_uri": f"{issuer}/keys"})
                body = told if asked[-1].endswith(b"configuration") else ONE.encode()
                await visit.say(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))
                if len(asked) > 1:
                    await visit.gone()
                    return

        async with client() as shared, upstream(answer) as service:
            identity = IdentityClient(shared)
            loop = asyncio.get_running_loop()
            around = Surroundings(identity, loop, lambda: 0.0, lambda: 0.0, read_text_file)
            desk = Desk(tmp_path, around, print, lambda: None, now_at_once)
            issuer = Issuer(f"http://127.0.0.1:{service.port}", "", desk)
            issuer.start()
            await until(lambda: issuer.keys is not None)
            issuer.close()
            await identity.close()
        assert asked == [b"/.well-known/openid-configuration", b"/keys"]

    asyncio.run(asyncio.wait_for(play(), PATIENCE_SECONDS))

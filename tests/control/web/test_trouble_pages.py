"""The doors for whoever has trouble, behind the guard that stands before all pages."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path

import httpx
import pytest
from starlette.types import ASGIApp

from mainstay.config.address import Address
from mainstay.control.app import Place, guarded
from mainstay.control.people.accounts import Accounts
from mainstay.control.people.cookie_keys import CookieKeys, Seal
from mainstay.control.people.passwords import Passwords
from mainstay.control.people.people import People
from mainstay.control.people.sessions import Sessions
from mainstay.control.people.throttle import Throttle
from mainstay.control.trouble.desk import TroubleDesk
from mainstay.control.trouble.persons import Persons
from mainstay.control.web.answers import Answers
from mainstay.control.web.guard import Guard
from mainstay.control.web.trouble_pages import Choice, TroublePages
from mainstay.model.records import Record, TroubleRecord
from mainstay.model.settings import DetectionSettings
from tests.control.stand import Browser, QuickHasher

CHOICES = (Choice("model:chat", "chat"), Choice("upstream:alpha", "alpha <b>"))
ACCESS = {"/trouble": {"GET": None, "POST": None}, "/api/trouble": {"POST": None}}


class Bench:
    def __init__(self, state: Path) -> None:
        self.state = state
        self.records: list[Record] = []

    def app(self) -> tuple[ASGIApp, Passwords]:
        sessions = Sessions(Seal(CookieKeys(self.state, lambda: 1_000.0)), lambda: 1_000.0, lambda: "random")
        passwords = Passwords(QuickHasher())
        people = People(
            Accounts(self.state), passwords, sessions, Throttle(lambda: 1.0), login=None, may_run_open=False
        )
        answers = Answers("1.2.3", has_provider=False)
        numbers = count(1)
        desk = TroubleDesk(
            Persons(self.state), DetectionSettings, self.records.append, lambda: 1_000.0, lambda: f"r{next(numbers)}"
        )
        pages = TroublePages(desk, answers, lambda: CHOICES)
        place = Place(Address("127.0.0.1", 8485), "")
        guard = Guard(ACCESS, people, place.hosts, place.cookies, answers, self.records.append)  # type: ignore[arg-type]
        return guarded({"/trouble": pages.page, "/api/trouble": pages.api}, guard), passwords

    def play(self, scene: Callable[[Browser], Awaitable[None]]) -> list[TroubleRecord]:
        async def work() -> None:
            app, passwords = self.app()
            try:
                await scene(Browser(app))
            finally:
                passwords.close()

        asyncio.run(work())
        return [one for one in self.records if isinstance(one, TroubleRecord)]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


async def send(browser: Browser, **form: str) -> httpx.Response:
    return await browser.send_form("/trouble", form, page="/trouble")


def test_a_form_is_shown_with_what_may_be_named(bench: Bench) -> None:
    async def scene(browser: Browser) -> None:
        page = await browser.get("/trouble")
        assert page.status_code == 200
        assert "Having trouble?" in page.text
        assert "alpha &lt;b&gt;" in page.text

    assert bench.play(scene) == []


def test_what_is_sent_is_a_report(bench: Bench) -> None:
    async def scene(browser: Browser) -> None:
        answer = await send(browser, component="model:chat", text="It <hangs>.")
        assert answer.status_code == 200
        assert "Your report counts" in answer.text
        assert "reported this before" in (await send(browser, component="model:chat")).text

    first, second = bench.play(scene)
    assert (first.via, first.component, first.text, first.counted) == ("page", "model:chat", "It <hangs>.", True)
    assert not second.counted


def test_nothing_but_what_is_shown_may_be_named(bench: Bench) -> None:
    async def scene(browser: Browser) -> None:
        answer = await send(browser, component="model:secret-project", text="<script>x</script>")
        assert answer.status_code == 400
        assert "no component has this name" in answer.text
        assert "<script>x" not in answer.text

    assert bench.play(scene) == []


def test_a_program_sends_json_or_a_form(bench: Bench) -> None:
    async def scene(browser: Browser) -> None:
        answer = await browser.post("/api/trouble", json={"component": "upstream:alpha", "text": "slow"})
        assert (answer.status_code, answer.json()["state"]) == (202, "counted")
        answer = await browser.post("/api/trouble", data={"text": "slow"})
        assert (answer.status_code, answer.json()["state"]) == (202, "counted")

    first, second = bench.play(scene)
    assert (first.via, first.component, second.component) == ("api", "upstream:alpha", "")


@pytest.mark.parametrize("body", [b"[]", b'{"what": 1}', b'{"component": 3}', b"{", b"[" * 10_000])
def test_a_program_that_sends_something_else_is_told_what_to_send(bench: Bench, body: bytes) -> None:
    async def scene(browser: Browser) -> None:
        answer = await browser.post("/api/trouble", content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 400
        assert '{"component": NAME, "text": WORDS}' in answer.json()["message"]

    assert bench.play(scene) == []


def test_ten_thousand_reports_from_one_address_are_answered_and_few_written_down(bench: Bench) -> None:
    async def scene(browser: Browser) -> None:
        states = []
        for _ in range(200):
            answer = await browser.post("/api/trouble", json={})
            states.append(answer.json()["state"])
        assert (states[0], states[-1]) == ("counted", "ignored")

    assert len(bench.play(scene)) == 5

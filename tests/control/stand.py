"""A whole control plane in this process, with clocks that tests set and hashes that cost nothing."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from starlette.types import ASGIApp

from mainstay.config.load import load_text
from mainstay.config.snapshot import Snapshot
from mainstay.control.evidence import Evidence
from mainstay.control.lease import LeaseStatus
from mainstay.control.people.accounts import Accounts
from mainstay.control.people.roles import Role
from mainstay.control.plane import Outside, control_plane
from mainstay.control.shipping.status import ShippingStatus
from mainstay.ledger.writing.status import JournalStatus
from mainstay.model.records import AccessRecord, Record
from tests.control.office import Office

URL = "http://127.0.0.1:8485"
PASSWORD = "correct horse battery"
ADDRESS = ("192.0.2.7", 50_000)

YAML = """
state: {state}
gateway: {{listen: "127.0.0.1:1"}}
control: {{listen: "{listen}"{more}}}
upstreams: {{alpha: {{dialect: anthropic, base_url: "http://127.0.0.1:2"}}{beta}}}
models: {{first: {{candidates: [{{upstream: alpha}}{second}]}}}}
"""
OPERATIONS = """
workloads: {chat: {}}
notifications: {targets: {hook: {webhook: "http://127.0.0.1:3/none"}}, routes: [{severity: info, targets: [hook]}]}
"""


class QuickHasher:
    """Counts what it is asked. No secret is safe with it."""

    def __init__(self) -> None:
        self.hashed = 0
        self.verified: list[tuple[str, str]] = []

    def hash(self, password: str) -> str:
        self.hashed += 1
        return f"quick:{password}"

    def verify(self, stored: str, password: str) -> bool:
        self.verified.append((stored, password))
        return stored == f"quick:{password}"


class Browser(httpx.AsyncClient):
    """A browser: keeps cookies, sends the headers that browsers send, reads tokens from forms. Follows nothing."""

    def __init__(self, app: ASGIApp, address: tuple[str, int] = ADDRESS, url: str = URL) -> None:
        super().__init__(transport=httpx.ASGITransport(app=app, client=address), base_url=url)
        self.url = url

    async def send_form(
        self, path: str, form: Mapping[str, str], *, page: str = "/login", headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Load a page and send a form of it, as a person would."""
        token = csrf_of(await self.get(page))
        sent = {"origin": self.url, "sec-fetch-site": "same-origin"} | dict(headers or {})
        return await self.post(path, data={"csrf": token, **form}, headers=sent)

    async def log_in(self, name: str, password: str = PASSWORD, then: str = "/") -> httpx.Response:
        return await self.send_form("/login", {"name": name, "password": password, "next": then})

    def cookie(self, ending: str = "8485") -> str:
        """The value of our cookie whose name ends so; "" for none."""
        return next((cookie.value or "" for cookie in self.cookies.jar if cookie.name.endswith(ending)), "")


def csrf_of(answer: httpx.Response) -> str:
    """The token in a page's forms; "" where it has none."""
    found = re.search(r'name="csrf" value="([0-9a-f]*)"', answer.text)
    return found[1] if found else ""


class Stand:
    """What a test sets and looks at. `wall` and `clock` are the times that the plane sees."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.wall = 1_800_000_000.0
        self.clock = 1_000.0
        self.draining = False
        self.reports: list[str] = []
        self.hasher = QuickHasher()
        self.shipping: ShippingStatus | None = None
        self.lease: LeaseStatus | None = None
        self.journal: JournalStatus | None = None
        self.records: list[Record] = []
        self.listen = "127.0.0.1:8485"
        self.more = ""
        self.operations = ""
        self.office: Office | None = None

    def snapshot(self) -> Snapshot:
        has_more = bool(self.operations)
        beta = ', beta: {dialect: anthropic, base_url: "http://127.0.0.1:3"}' if has_more else ""
        second = ", {upstream: beta}" if has_more else ""
        text = YAML.format(state=self.state, listen=self.listen, more=self.more, beta=beta, second=second)
        loaded = load_text((text + self.operations).encode(), self.state, {"SECRET": "a client secret"})
        assert loaded.snapshot is not None, loaded.mistakes
        return loaded.snapshot

    def equip(self) -> Office:
        """Give it desks of operations, and two upstreams."""
        self.operations = OPERATIONS + self.operations
        snapshot = self.snapshot()
        self.office = Office(self.state, lambda: snapshot, lambda: self.wall)
        return self.office

    @property
    def accounts(self) -> Accounts:
        return Accounts(self.state)

    def add(self, name: str, role: Role, password: str = PASSWORD) -> None:
        self.accounts.add(name, role, f"quick:{password}", self.wall)

    def deeds(self) -> list[AccessRecord]:
        """What people did, as it was written down."""
        return [record for record in self.records if isinstance(record, AccessRecord)]

    def outside(self) -> Outside:
        return Outside(
            "1.2.3",
            self.reports.append,
            lambda: self.wall,
            lambda: self.clock,
            lambda: self.shipping,
            lambda: self.lease,
            lambda: self.journal,
            Evidence(self.records.append, lambda: self.wall, lambda: self.clock, lambda: f"id_{len(self.records)}"),
            desks=None if self.office is None else self.office.desks(),
            hasher=self.hasher,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[ASGIApp]:
        async with control_plane(self.snapshot(), self.outside(), lambda: self.draining) as app:
            yield app

    def play(self, scene: Callable[[ASGIApp], Awaitable[None]]) -> None:
        """Run a scene with the application."""

        async def work() -> None:
            async with self.running() as app:
                await scene(app)

        asyncio.run(work())


def shipping(trouble: str | None = None, lag_records: int = 0, lag_seconds: float = 0.0) -> ShippingStatus:
    return ShippingStatus("sqlite", trouble, {"node/0": (7, 7 + lag_records)}, lag_records, lag_seconds)

"""The control plane as a whole: people, pages and their server, from a configuration."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import httpx
import msgspec
from starlette.types import ASGIApp

from mainstay.config.snapshot import Snapshot
from mainstay.config.url import url_address
from mainstay.control.app import Place, console_app
from mainstay.control.console import Control
from mainstay.control.evidence import Evidence
from mainstay.control.gateway_glance import GatewayGlance
from mainstay.control.lease import LeaseStatus
from mainstay.control.operations.desks import Desks
from mainstay.control.people.accounts import Accounts
from mainstay.control.people.api_keys import ApiKeys
from mainstay.control.people.cookie_keys import CookieKeys, Seal
from mainstay.control.people.issuer import Issuer
from mainstay.control.people.passwords import Argon2, Hasher, Passwords
from mainstay.control.people.people import People
from mainstay.control.people.provider_login import ProviderLogin
from mainstay.control.people.sessions import Sessions
from mainstay.control.people.throttle import Throttle
from mainstay.control.serve import serve
from mainstay.control.shipping.status import ShippingStatus
from mainstay.ledger.writing.status import JournalStatus

CONNECTIONS_MAX: Final = 20
CALLBACK_PATH: Final = "/login/callback"


class NobodyCanLogInError(Exception):
    """The control plane must not run as it is configured; the text says what to do."""


class Outside(msgspec.Struct, frozen=True):
    """What the plane takes from outside. `wall` gives seconds since 1970, `clock` is monotonic; `report` takes a line
    for the operator; `evidence` writes down what people do. A status is `None` where that part does not run."""

    version: str
    report: Callable[[str], None]
    wall: Callable[[], float]
    clock: Callable[[], float]
    shipping_status: Callable[[], ShippingStatus | None]
    lease_status: Callable[[], LeaseStatus | None]
    journal_status: Callable[[], JournalStatus | None]
    evidence: Evidence
    desks: Desks | None = None
    """What there is of operations; `None` where they do not run."""
    hasher: Hasher = msgspec.field(default_factory=Argon2)


async def run_control_plane(snapshot: Snapshot, outside: Outside, stop: asyncio.Event) -> None:
    """Serve the pages until `stop` is set. Raises `NobodyCanLogInError`, or `OSError` for an address that cannot be
    had."""
    async with control_plane(snapshot, outside, stop.is_set) as app:
        await serve(snapshot.control.host, snapshot.control.port, app, stop)


@asynccontextmanager
async def control_plane(
    snapshot: Snapshot, outside: Outside, is_draining: Callable[[], bool]
) -> AsyncIterator[ASGIApp]:
    """The application, and what it needs while it runs. Raises `NobodyCanLogInError`."""
    accounts = Accounts(snapshot.state)
    _refuse_without_people(snapshot, accounts)
    sessions = Sessions(Seal(CookieKeys(snapshot.state, outside.wall)), outside.wall, _random_id)
    passwords = Passwords(outside.hasher)
    people = People(
        accounts,
        passwords,
        sessions,
        Throttle(outside.clock),
        login=snapshot.login,
        may_run_open=_is_for_this_machine(snapshot),
        keys=ApiKeys(snapshot.state, outside.wall),
    )
    _say_how(snapshot, people, outside.report)
    limits = httpx.Limits(max_connections=CONNECTIONS_MAX)
    # The gateway is ours: no proxy of the environment leads there. To the identity provider one may.
    async with httpx.AsyncClient(limits=limits, trust_env=False) as near, httpx.AsyncClient(limits=limits) as far:
        control = Control(
            version=outside.version,
            is_draining=is_draining,
            report=outside.report,
            gateway=GatewayGlance(snapshot.gateway, near, outside.clock),
            shipping_status=outside.shipping_status,
            lease_status=outside.lease_status,
            journal_status=outside.journal_status,
            evidence=outside.evidence,
            desks=outside.desks,
        )
        provider = _provider(snapshot, sessions, outside, far)
        place = Place(snapshot.control, snapshot.control_url)
        try:
            yield console_app(control, people, provider, place, outside.wall)
        finally:
            passwords.close()


def _provider(
    snapshot: Snapshot, sessions: Sessions, outside: Outside, client: httpx.AsyncClient
) -> ProviderLogin | None:
    login = snapshot.login
    if login is None:
        return None
    path = snapshot.state / "control" / "issuer.json"
    issuer = Issuer(login.issuer, path, client, outside.clock, outside.report)
    redirect_url = (snapshot.control_url or f"http://{snapshot.control}") + CALLBACK_PATH
    return ProviderLogin(login, redirect_url, issuer, sessions.seal, outside.wall, _random_id)


def _is_for_this_machine(snapshot: Snapshot) -> bool:
    """Whether nobody from elsewhere is meant to come, neither directly nor through a reverse proxy."""
    url = url_address(snapshot.control_url)
    return snapshot.control.is_loopback and (url is None or url.is_loopback)


def _refuse_without_people(snapshot: Snapshot, accounts: Accounts) -> None:
    if _is_for_this_machine(snapshot):
        return
    if snapshot.login is None and not accounts.all():
        why = accounts.trouble or "nobody could log in"
        raise NobodyCanLogInError(
            f"others than this machine can reach it, and {why}: make an account with "
            "`mainstay people add NAME --role admin`, or configure `control.login`"
        )
    if snapshot.login is not None and not snapshot.control_url:
        raise NobodyCanLogInError(
            "`control.url` is missing: the identity provider needs the address at which people reach the control plane"
        )


def _say_how(snapshot: Snapshot, people: People, report: Callable[[str], None]) -> None:
    for trouble in (people.accounts.trouble, people.sessions.seal.keys.trouble):
        if trouble:
            report(f"control: {trouble}")
    if people.is_open:
        report("control: runs open on this machine: whoever reaches it is admin; `mainstay people add` ends that")
    if not _is_for_this_machine(snapshot) and not snapshot.control_url.startswith("https:"):
        report("control: passwords and sessions travel unencrypted: put TLS in front, and set `control.url` to https")


def _random_id() -> str:
    return secrets.token_hex(16)

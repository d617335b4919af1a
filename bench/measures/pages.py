"""How long the console waits for the store: every question that its pages ask, of a month of traffic.

PostgreSQL with three million exchanges (`pages`) or thirty million (`pages-all`: 30 days of a million a day; it wants
80 GB of disk and an hour), SQLite with one million.
"""

import random
import shutil
import tempfile
import time
from collections.abc import Callable
from typing import Final

import msgspec

from bench.child import BenchError
from bench.figure import Figure, measured, percentile
from bench.measures.context import Context
from bench.store_fill import INCIDENTS, fill_postgres, fill_sqlite
from bench.store_rows import Traffic, exchange_id
from mainstay.control.bookkeeping.tallied import Tallied
from mainstay.control.search.search import LedgerSearch
from mainstay.control.search.wish import Wish
from mainstay.ledger.store.kept import KeptStore
from mainstay.ledger.store.port import Store
from tests.services.postgres import PostgresServer, binaries

MUST_MILLISECONDS: Final = 300.0
DAYS: Final = 30.0
DAY_SECONDS: Final = 86_400.0
SQLITE_EXCHANGES: Final = 1_000_000
POSTGRES_EXCHANGES: Final = 3_000_000
ALL_EXCHANGES: Final = 30_000_000
ALL_BYTES: Final = 80 * 10**9
ASKED: Final = 20
"""How often each question is asked."""

Ask = Callable[[int], object]
"""A question; its number lets it differ from those before."""


class Desk(msgspec.Struct, frozen=True):
    """What pages ask."""

    traffic: Traffic
    store: KeptStore[Store]
    tallied: Tallied
    search: LedgerSearch
    until: float


class Asked(msgspec.Struct, frozen=True):
    """A question, and how many milliseconds each answer took."""

    name: str
    milliseconds: tuple[float, ...]


def measure(context: Context) -> list[Figure]:
    """The figures of both databases."""
    return [*_sqlite(context), *_postgres(context, POSTGRES_EXCHANGES)]


def measure_all(context: Context) -> list[Figure]:
    """The figures of PostgreSQL with all that it must bear. Raises `BenchError` where the disk is too small."""
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if free < ALL_BYTES:
        raise BenchError(
            f"pages-all needs {ALL_BYTES / 1e9:.0f} GB of disk for temporary files, {free / 1e9:.0f} are free"
        )
    return _postgres(context, ALL_EXCHANGES)


def what_is_missing() -> str:
    """What this machine lacks for it, and what to do; empty where it can be measured."""
    return "" if binaries() else "needs PostgreSQL; scripts/install-services installs it on Debian"


def _sqlite(context: Context) -> list[Figure]:
    with context.stage.fresh_folder() as folder:
        traffic = Traffic(SQLITE_EXCHANGES, DAYS, time.time())
        store = fill_sqlite(folder, traffic, context.say)
        return figures("SQLite", traffic, ask_all(desk_at(lambda: store, traffic), context.say))


def _postgres(context: Context, exchanges: int) -> list[Figure]:
    programs = binaries()
    if programs is None:
        raise BenchError(what_is_missing())
    with PostgresServer(programs) as server:
        traffic = Traffic(exchanges, DAYS, time.time())
        store = fill_postgres(server.dsn(), traffic, context.say)
        return figures("PostgreSQL", traffic, ask_all(desk_at(lambda: store, traffic), context.say))


def desk_at(open_store: Callable[[], Store], traffic: Traffic) -> Desk:
    """Everything that pages ask, of one store."""
    tallied = Tallied(open_store, lambda: traffic.at(traffic.exchanges))
    search = LedgerSearch(open_store, time.monotonic)
    return Desk(traffic, KeptStore(open_store), tallied, search, traffic.at(traffic.exchanges))


def ask_all(desk: Desk, say: Callable[[str], None]) -> list[Asked]:
    """Each question so many times, one after the other."""
    found = []
    for name, ask in questions(desk).items():
        times = []
        for number in range(ASKED):
            began_at = time.perf_counter()
            ask(number)
            times.append(1e3 * (time.perf_counter() - began_at))
        found.append(Asked(name, tuple(times)))
        say(f"{name}: {percentile(times, 50):.1f} ms, at most {max(times):.1f} ms")
    return found


def figures(database: str, traffic: Traffic, asked: list[Asked]) -> list[Figure]:
    """One for the slowest answer of all, which is what counts, and one for each question."""
    slowest = max(max(one.milliseconds) for one in asked)
    name = f"{database}, {traffic.exchanges:,} exchanges in {traffic.days:g} days"
    return [
        Figure(f"{name}: slowest answer to any page", "ms", measured([slowest]), must=MUST_MILLISECONDS),
        *(Figure(f"  {one.name}", "ms", measured(one.milliseconds)) for one in asked),
    ]


def questions(desk: Desk) -> dict[str, Ask]:
    """All of them by name."""
    return {**_of_tallies(desk), **_of_the_ledger(desk), **_of_incidents(desk)}


def _of_tallies(desk: Desk) -> dict[str, Ask]:
    until = desk.until

    def spans(seconds: int, days: float) -> Ask:
        return lambda _number: desk.tallied.spans(seconds, until - days * DAY_SECONDS, until)

    return {
        "tallies of 3 hours by minutes": spans(60, 1 / 8),
        "tallies of 24 hours by ten minutes": spans(600, 1),
        "tallies of 7 days by hours": spans(3_600, 7),
        "tallies of 90 days by days": spans(86_400, 90),
        "total of 30 days": lambda _number: desk.tallied.total(until - 30 * DAY_SECONDS, until),
    }


def _of_the_ledger(desk: Desk) -> dict[str, Ask]:
    dice = random.Random(1)  # noqa: S311 - no secret
    until, numbers = desk.until, range(desk.traffic.exchanges)
    places: list[str] = [""]

    def look(wish: Wish) -> Ask:
        return lambda _number: desk.search.look(wish)

    def long_ago(number: int) -> object:
        since = until - (1 + number) * DAY_SECONDS
        return desk.search.look(Wish(since=since, until=since + 3_600, tenant=f"tenant-{number}"))

    def on_and_on(_number: int) -> object:
        page = desk.search.look(Wish(text="nowhere"), places[-1])
        places.append(page.after)
        return page

    def by_id(_number: int) -> object:
        return desk.search.look(Wish(text=exchange_id(dice.choice(numbers))))

    return {
        "newest records": look(Wish()),
        "records of a tenant that asks for much": look(Wish(tenant="tenant-0")),
        "records of a tenant that asks for little": look(Wish(tenant="tenant-199")),
        "records of a tenant that is none": look(Wish(tenant="tenant-none")),
        "failed attempts": look(Wish(kind="attempt", outcome="failed")),
        "faults of a kind at an upstream": look(Wish(fault="cut", upstream="bedrock-eu")),
        "a fault that never was": look(Wish(fault="billing")),
        "a model at an upstream": look(Wish(model="opus", upstream="vertex-eu", kind="exchange")),
        "a combination that never was": look(Wish(model="claude-opus-4-5", upstream="nobody")),
        "what took a minute": look(Wish(seconds_min=60.0)),
        "what took an hour, never": look(Wish(seconds_min=3_600.0)),
        "a text that is nowhere, page by page": on_and_on,
        "an hour of a tenant, days ago": long_ago,
        "an exchange by its id": by_id,
        "the records of an exchange": lambda _number: desk.search.exchange(exchange_id(dice.choice(numbers))),
        "alerts": look(Wish(kind="alert")),
        "kinds that there are none of": look(Wish(kind="publication")),
    }


def _of_incidents(desk: Desk) -> dict[str, Ask]:
    return {
        "incidents, the newest first": lambda _number: desk.store.ask(
            lambda store: store.streams("incident/", None, 50)
        ),
        "an incident": lambda number: desk.store.ask(
            lambda store: store.stream(f"incident/INC-{1 + number * 37 % INCIDENTS}", 0, 10_000)
        ),
        "what is new of all incidents": lambda number: desk.store.ask(
            lambda store: store.event_arrivals(number * 100, 1_000)
        ),
    }

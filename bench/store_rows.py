"""Records as a month of traffic leaves them in the store, made fast: two lines for each exchange, one more in fifty."""

import random
from collections.abc import Iterator
from hashlib import sha256
from typing import Final

import msgspec

from mainstay.ledger.store.rows import Row
from mainstay.model.records import AlertRecord, AttemptRecord, ExchangeRecord, Record
from mainstay.ops.tallies.adding import add
from mainstay.ops.tallies.tally import SpanTallies

MODELS: Final = ("sonnet", "opus", "haiku", "fast")
UPSTREAMS: Final = ("anthropic-direct", "bedrock-eu", "vertex-eu", "openai-direct")
WORKLOADS: Final = ("chat", "agents", "batch")
FAULTS: Final = ("overload", "server", "cut", "throttle", "stall")
TENANTS: Final = 200
CHAINS: Final = 8
SEGMENT: Final = 400
"""So many records of one chain arrive together."""
FAULT_ONE_IN: Final = 50
ALERT_ONE_IN: Final = 5_000


POOL: Final = 20_000
"""So many exchanges differ from each other in more than their id and instant."""
_ID: Final = "ex_" + 24 * "0"
_AT: Final = 1_234_567_890.125
_AT_TEXT: Final = b'"at":1234567890.125'


class _Pattern(msgspec.Struct, frozen=True):
    """A record without its id and instant, and its columns in the store."""

    line: bytes
    kind: str
    tenant: str
    id_end: str


class Traffic:
    """So many exchanges evenly over the days before an instant (seconds since 1970)."""

    def __init__(self, exchanges: int, days: float, until: float) -> None:
        """The same arguments make the same traffic."""
        self.exchanges = exchanges
        self.days = days
        self.since = until - days * 86_400
        self._step = days * 86_400 / exchanges
        self._pool = [[_pattern(record) for record in _records(number)] for number in range(min(POOL, exchanges))]

    def at(self, number: int) -> float:
        """The instant of an exchange."""
        return round(self.since + (number + 0.5) * self._step, 3)

    def rows(self) -> Iterator[tuple[str, Row]]:
        """All of them as rows of the store, with the name of their chain, in order of arrival. Their hashes chain
        nothing: nobody verifies them here."""
        sequences = [0] * CHAINS
        arrived = 0
        pool = self._pool
        for number in range(self.exchanges):
            at, name = self.at(number), exchange_id(number)
            for one in pool[number % len(pool)]:
                chain = arrived // SEGMENT % CHAINS
                arrived += 1
                sequences[chain] += 1
                line = one.line.replace(_ID.encode(), name.encode()).replace(_AT_TEXT, f'"at":{at!r}'.encode(), 1)
                digest = sha256(arrived.to_bytes(8, "big")).digest()
                exchange = "" if one.kind == "alert" else name
                parts = (f"{name}{one.id_end}", one.kind, exchange, one.tenant, at, digest, line)
                yield f"ch_{chain:x}", Row(sequences[chain], *parts)

    def busy_span(self, seconds: int) -> SpanTallies:
        """What is added up of so many seconds; of more than the pool has, the pool, which is no smaller."""
        tallies = SpanTallies()
        wanted = max(1, round(seconds / self._step))
        for number in range(min(wanted, len(self._pool))):
            for record in _records(number):
                add(tallies, record)
        return tallies


def exchange_id(number: int) -> str:
    """As long as a real one, and as scattered."""
    return f"ex_{sha256(number.to_bytes(8, 'big')).hexdigest()[:24]}"


def _pattern(record: Record) -> _Pattern:
    tenant = "" if isinstance(record, AlertRecord) else str(getattr(record, "tenant", ""))
    kind = str(record.__struct_config__.tag)
    return _Pattern(msgspec.json.encode(record), kind, tenant, record.id.removeprefix(_ID))


def _records(number: int) -> list[Record]:
    """The records of one exchange; the same each time, but for its id and instant."""
    dice = random.Random(number)  # noqa: S311 - no secret
    tenant, is_faulty = _tenant(dice), dice.randrange(FAULT_ONE_IN) == 0
    first = _attempt(number, 1, tenant, dice, is_faulty=is_faulty)
    attempts = [first, _attempt(number, 2, tenant, dice, is_faulty=False)] if is_faulty else [first]
    records: list[Record] = [*attempts, _exchange(attempts, dice)]
    if number % ALERT_ONE_IN == 0:
        told = (first.upstream, first.model, "main", "the quota is nearly used up")
        records.append(AlertRecord(f"{_ID}-alert", _AT, "quota", *told))
    return records


def _tenant(dice: random.Random) -> str:
    """A few ask for most, most for little."""
    return f"tenant-{int(TENANTS * dice.random() ** 3)}"


def _attempt(number: int, try_: int, tenant: str, dice: random.Random, *, is_faulty: bool) -> AttemptRecord:
    content = round(dice.lognormvariate(-0.3, 0.6), 6)
    model = MODELS[number % len(MODELS)]
    return AttemptRecord(
        id=f"{_ID}-{try_}",
        at=_AT,
        exchange=_ID,
        number=try_,
        upstream=UPSTREAMS[(number // 7 + try_) % len(UPSTREAMS)],
        model=f"claude-{model}-4-5",
        credential="main",
        dialect="anthropic",
        chosen="first choice" if try_ == 1 else "next after overload",
        outcome="failed" if is_faulty else "served",
        status=529 if is_faulty else 200,
        fault=dice.choice(FAULTS) if is_faulty else "",
        blame="provider" if is_faulty else "",
        request_id=f"req_{dice.getrandbits(96):024x}",
        first_byte_seconds=round(content * 0.9, 6),
        first_content_seconds=None if is_faulty else content,
        total_seconds=round(content + dice.expovariate(0.12), 6),
        bytes_sent=dice.randrange(2_000, 60_000),
        bytes_received=dice.randrange(2_000, 90_000),
        input_tokens=dice.randrange(500, 20_000),
        output_tokens=dice.randrange(50, 4_000),
        cached_tokens=dice.randrange(0, 20_000),
        cost_nanodollars=dice.randrange(10**6, 10**9),
        tenant=tenant,
        token="mst_0123456789abcdef",  # noqa: S106 - no secret
    )


def _exchange(attempts: list[AttemptRecord], dice: random.Random) -> ExchangeRecord:
    last = attempts[-1]
    return ExchangeRecord(
        id=last.exchange,
        at=_AT,
        tenant=last.tenant,
        workload=dice.choice(WORKLOADS),
        dialect="anthropic",
        kind="answer",
        stream=True,
        model_asked=last.model.split("-")[1],
        outcome="answered",
        status=200,
        model_served=last.model,
        upstream=last.upstream,
        attempts=len(attempts),
        absorbed=tuple(f"{one.upstream}: {one.fault}" for one in attempts[:-1]),
        first_content_seconds=last.first_content_seconds,
        total_seconds=last.total_seconds,
        bytes_received=last.bytes_sent,
        bytes_sent=last.bytes_received,
        input_tokens=last.input_tokens,
        output_tokens=last.output_tokens,
        cost_nanodollars=last.cost_nanodollars,
        token=last.token,
    )

"""Records as lines for a person: what happened to each exchange, attempt by attempt."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from rich.text import Text

from mainstay.cli.audit_operations import OperationsRecord, operations_line
from mainstay.ledger.schema import Stored, UnreadableRecordError
from mainstay.model.records import (
    AccessRecord,
    AlertRecord,
    AttemptRecord,
    BreakerRecord,
    CapacityRecord,
    ConfigurationRecord,
    ExchangeRecord,
    LeaseRecord,
    ProcessRecord,
    ProofRecord,
)

OUTCOME_STYLES: Final = {
    "answered": "green",
    "served": "green",
    "continued": "yellow",
    "refused": "yellow",
    "left": "dim",
    "no-sample": "dim",
    "failed": "bold red",
}
UNTOLD_TENANTS: Final = frozenset({"", "local"})
"""Who asked is not known, or the gateway is open."""
REFUSED_ACTIONS: Final = frozenset({"login-failed", "login-throttled"})
PROOF_STYLES: Final = {"ok": "green", "failed": "bold red", "unknown": "yellow"}
BREAKER_STYLES: Final = {"closed": "green", "half-open": "yellow", "open": "red"}


def lines(rows: Sequence[Stored]) -> Iterator[Text]:
    """Give the lines of these rows, oldest first: exchanges with their attempts below them, all else in between."""
    exchanges: dict[str, ExchangeRecord] = {}
    attempts: dict[str, list[AttemptRecord]] = {}
    blocks: list[tuple[float, list[Text]]] = []
    for row in rows:
        try:
            record = row.record()
        except UnreadableRecordError as error:
            blocks.append((row.at, [Text.assemble(instant(row.at), "  ", (shown(str(error)), "red"))]))
            continue
        match record:
            case ExchangeRecord():
                exchanges[record.id] = record
            case AttemptRecord():
                attempts.setdefault(record.exchange, []).append(record)
            case _:
                blocks.append((record.at, [_event_line(record)]))
    blocks += [(one.at, list(_exchange_block(one, attempts.pop(one.id, [])))) for one in exchanges.values()]
    blocks += [(min(one.at for one in rest), list(_unfinished_block(id_, rest))) for id_, rest in attempts.items()]
    for _at, block in sorted(blocks, key=lambda one: one[0]):
        yield from block


def instant(at: float) -> str:
    """Seconds since 1970 as date and time, UTC, with milliseconds."""
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + "Z"
    except (ValueError, OverflowError, OSError):
        return f"@{at:g}"


def shown(text: str) -> str:
    """Text that came from outside, safe for a terminal: no control characters, hence no escape sequences."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def _exchange_block(record: ExchangeRecord, attempts: list[AttemptRecord]) -> Iterator[Text]:
    yield _exchange_line(record)
    for reason in record.skipped:
        yield Text(f"    -  skipped {shown(reason)}", style="dim")
    yield from _attempt_lines(attempts)


def _unfinished_block(identity: str, attempts: list[AttemptRecord]) -> Iterator[Text]:
    head = f"{instant(min(one.at for one in attempts))}  {shown(identity)}  "
    yield Text.assemble(head, ("no end is written: it is still running, or its process was killed", "yellow"))
    yield from _attempt_lines(attempts)


def _attempt_lines(attempts: list[AttemptRecord]) -> Iterator[Text]:
    for attempt in sorted(attempts, key=lambda one: one.number):
        yield _attempt_line(attempt)


def _exchange_line(record: ExchangeRecord) -> Text:
    served = f" -> {record.upstream}/{record.model_served}" if record.upstream else ""
    parts = [
        Text(instant(record.at)),
        Text(shown(record.id), style="bold"),
        Text(shown(record.dialect + (" stream" if record.stream else ""))),
        Text(shown(record.model_asked + served), style="cyan"),
        _outcome(record.outcome, record.status),
    ]
    if record.tenant not in UNTOLD_TENANTS:
        parts.insert(2, Text(shown(record.tenant)))
    if record.fault:
        code = f" ({record.fault_code})" if record.fault_code else ""
        parts.append(Text(shown(record.fault + code), style="red"))
    if record.repeats:
        parts.append(Text(f"repeats {shown(record.repeats)}", style="dim"))
    parts.append(Text(_timings((("first content", record.first_content_seconds), ("total", record.total_seconds)))))
    tokens = _tokens(record)
    if tokens:
        parts.append(Text(tokens))
    if record.recovered:
        parts.append(Text(f"continued {record.recovered}x", style="yellow"))
    if record.degraded:
        parts.append(Text(f"degraded: {shown(record.degraded)}", style="yellow"))
    return Text("  ").join(parts)


def _attempt_line(record: AttemptRecord) -> Text:
    parts = [
        Text(f"    {record.number}"),
        Text(shown(f"{record.upstream}/{record.model}/{record.credential or 'no credential'}"), style="cyan"),
        Text(shown(record.chosen), style="dim"),
        _outcome(record.outcome, record.status),
    ]
    if record.fault:
        code = f" ({record.fault_code})" if record.fault_code else ""
        parts.append(Text(shown(record.fault + code), style="red"))
    timings = (
        ("connected", record.connect_seconds),
        ("first byte", record.first_byte_seconds),
        ("first content", record.first_content_seconds),
        ("total", record.total_seconds),
    )
    parts.append(Text(_timings(timings)))
    if record.dropped_events:
        parts.append(Text(f"{record.dropped_events} malformed events dropped", style="yellow"))
    if record.request_id:
        parts.append(Text(shown(record.request_id), style="dim"))
    return Text("  ").join(parts)


Event = (
    AlertRecord
    | BreakerRecord
    | CapacityRecord
    | ConfigurationRecord
    | ProcessRecord
    | AccessRecord
    | LeaseRecord
    | ProofRecord
    | OperationsRecord
)


def _event_line(record: Event) -> Text:
    match record:
        case AlertRecord():
            word, style = "alert", "bold red"
            text = f"{record.kind}  {_place(record.upstream, record.model, record.credential)}  {record.message}"
        case BreakerRecord():
            word, style = "breaker", BREAKER_STYLES.get(record.state, "")
            text = f"{record.state}  {_place(record.upstream, record.model, record.credential)}  {record.reason}"
        case CapacityRecord():
            word, style = "capacity", "yellow"
            text = f"{record.what} {record.state}  {_place(record.upstream, record.model, '')}  {record.reason}"
        case ConfigurationRecord():
            word, style = "configuration", "blue"
            text = f"accepted  {record.path}  sha256 {record.sha256}"
        case ProcessRecord():
            word, style = "process", "blue"
            text = f"{record.role} {record.event}  version {record.version}  pid {record.pid}"
        case AccessRecord():
            word, style = "access", "yellow" if record.action in REFUSED_ACTIONS else "blue"
            text = _access(record)
        case LeaseRecord():
            word, style = "lease", "yellow" if record.event == "lost" else "blue"
            text = f"{record.event}  {record.holder}  epoch {record.epoch}  {record.reason}".rstrip()
        case ProofRecord():
            word, style = "proof", PROOF_STYLES.get(record.outcome, "")
            text = _proof(record)
        case _:
            word, style, text = operations_line(record)
    return Text.assemble(instant(record.at), "  ", (word, style), "  ", shown(text))


def _proof(record: ProofRecord) -> str:
    """What was proven of whom; of the checks, those that are not well."""
    ill = (one for one in record.checks if not one.partition(":")[0].endswith(" ok"))
    return "  ".join((record.outcome, _place(record.upstream, record.model, record.credential), *ill))


def _access(record: AccessRecord) -> str:
    by = f"by {record.by} ({record.via})" if record.by else f"({record.via})" if record.via else ""
    where = f"from {record.address}" if record.address else ""
    return "  ".join(part for part in (record.action, record.person or "-", by, where, record.detail) if part)


def _place(upstream: str, model: str, credential: str) -> str:
    return "/".join(part for part in (upstream, model, credential) if part) or "-"


def _outcome(outcome: str, status: int) -> Text:
    text = f"{outcome} {status}" if status else outcome
    return Text(shown(text), style=OUTCOME_STYLES.get(outcome, ""))


def _timings(timings: Sequence[tuple[str, float | None]]) -> str:
    return ", ".join(f"{name} {seconds:.3f} s" for name, seconds in timings if seconds is not None)


def _tokens(record: ExchangeRecord) -> str:
    counts = (("in", record.input_tokens), ("out", record.output_tokens), ("cached", record.cached_tokens))
    told = ", ".join(f"{count} {name}" for name, count in counts if count)
    if not told:
        return ""
    return f"tokens {told} (estimated)" if record.usage_estimated else f"tokens {told}"

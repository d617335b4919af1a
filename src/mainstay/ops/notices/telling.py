"""A telling: one notice that was accepted, and how it goes on at each of its targets. A fold of the events of its
stream, so that whoever reads them knows what is still to be done."""

import hashlib
from typing import Final, Literal

import msgspec

from mainstay.model.notice import Notice, NoticeOutcome
from mainstay.model.records import NoticeRecord

WAITS_SECONDS: Final = (5.0, 15.0, 45.0, 120.0, 300.0, 600.0, 900.0)
"""How long after each failed try the next one is due; after the last of these it is given up."""
STALE_SECONDS: Final = 21_600.0
"""News that is older is not told any more."""
SEPARATOR: Final = ", "

_STREAM: Final = "notice/"
_NUMBER: Final = "~"
KEY_CHARACTERS_MAX: Final = 120
"""A longer key is cut, and goes on with a digest of what was cut off. Names of streams are bounded."""
TITLE_CHARACTERS_MAX: Final = 200
TEXT_CHARACTERS_MAX: Final = 4_000


class Delivery(msgspec.Struct, frozen=True):
    """A notice on its way to one target. `number` is that of the event which asked for it."""

    target: str
    number: int
    due_at: float
    attempt: int = 0
    """Tries so far."""
    end: NoticeOutcome | Literal[""] = ""
    """`sent`, `gave-up` or `limited`, once it is over."""
    is_escalation: bool = False

    @property
    def is_last_try(self) -> bool:
        """Whether nothing is tried any more should the next try fail."""
        return self.attempt >= len(WAITS_SECONDS)


class Telling(msgspec.Struct, frozen=True):
    """One accepted notice. `id` is that of its message, the same in every try. `number` is that of its last event."""

    stream: str
    id: str
    notice: Notice
    at: float
    number: int = 1
    deliveries: dict[str, Delivery] = {}
    escalated: tuple[tuple[str, ...], ...] = ()
    """The groups of targets that it went on to."""
    is_acknowledged: bool = False

    @property
    def open(self) -> list[Delivery]:
        """What is still to be told."""
        return [one for one in self.deliveries.values() if not one.end]

    @property
    def is_settled(self) -> bool:
        """Whether nothing follows from it any more: somebody heard it, and nobody else needs to."""
        ends = [one.end for one in self.deliveries.values()]
        return not self.awaits and all(ends) and (not ends or "sent" in ends)

    @property
    def awaits(self) -> bool:
        """Whether somebody is still to acknowledge it."""
        return self.notice.needs_acknowledgement and not self.is_acknowledged


def fold(telling: Telling | None, stream: str, number: int, record: NoticeRecord) -> Telling | None:
    """What a telling is after an event. One that is no next event of it changes nothing."""
    if telling is None:
        return _accepted(stream, record) if number == 1 and record.outcome in {"accepted", "awaited"} else None
    if number != telling.number + 1:
        return telling
    telling = msgspec.structs.replace(telling, number=number)
    match record.outcome:
        case "escalated":
            return _escalated(telling, number, record)
        case "acknowledged":
            kept = {name: one for name, one in telling.deliveries.items() if one.end or not one.is_escalation}
            return msgspec.structs.replace(telling, is_acknowledged=True, deliveries=kept)
        case "failed" | "sent" | "gave-up" | "limited":
            return _delivered(telling, record)
        case _:
            return telling


def stream_of(key: str, number: int) -> str:
    """The stream of the telling with this number (from 1) among those of its key."""
    return f"{prefix_of(key)}{number}"


def prefix_of(key: str) -> str:
    """How the names of the streams of a key begin, and of no other."""
    return f"{_STREAM}{key}{_NUMBER}"


def place_of(stream: str) -> tuple[str, int] | None:
    """The key and the number of a stream; `None` for a stream of something else."""
    key, mark, number = stream.removeprefix(_STREAM).rpartition(_NUMBER)
    is_ours = stream.startswith(_STREAM) and mark and number.isascii() and number.isdecimal()
    return (key, int(number)) if is_ours else None


def bounded(notice: Notice) -> Notice:
    """The notice with texts that fit and hold nothing but text."""
    return msgspec.structs.replace(
        notice,
        key=_key(notice.key),
        title=_clean(notice.title, "")[:TITLE_CHARACTERS_MAX],
        text=_clean(notice.text, "\n\t")[:TEXT_CHARACTERS_MAX],
    )


def _key(text: str) -> str:
    key = "".join(sign if sign.isprintable() and sign != _NUMBER else "-" for sign in text)
    if len(key) <= KEY_CHARACTERS_MAX:
        return key
    return f"{key[:KEY_CHARACTERS_MAX]} {hashlib.sha256(key.encode()).hexdigest()[:16]}"


def _clean(text: str, also: str) -> str:
    return "".join(sign if sign.isprintable() or sign in also else " " for sign in text).strip()


def _names(record: NoticeRecord) -> tuple[str, ...]:
    return tuple(record.target.split(SEPARATOR)) if record.target else ()


def _accepted(stream: str, record: NoticeRecord) -> Telling:
    names = _names(record)
    awaits = record.outcome == "awaited"
    notice = Notice(record.key, record.severity, record.title, record.text, record.at, record.incident, awaits, names)
    deliveries = {name: Delivery(name, 1, record.at) for name in names}
    return Telling(stream, record.id, notice, record.at, deliveries=deliveries)


def _escalated(telling: Telling, number: int, record: NoticeRecord) -> Telling:
    names = _names(record)
    more = {name: Delivery(name, number, record.at, is_escalation=True) for name in names}
    return msgspec.structs.replace(telling, deliveries=telling.deliveries | more, escalated=(*telling.escalated, names))


def _delivered(telling: Telling, record: NoticeRecord) -> Telling:
    before = telling.deliveries.get(record.target)
    if before is None or before.end:
        return telling
    attempt = max(record.attempt, before.attempt)
    if record.outcome == "failed":
        wait = WAITS_SECONDS[min(attempt, len(WAITS_SECONDS)) - 1] if attempt else 0.0
        after = msgspec.structs.replace(before, attempt=attempt, due_at=record.at + wait)
    else:
        after = msgspec.structs.replace(before, attempt=attempt, end=record.outcome)
    return msgspec.structs.replace(telling, deliveries=telling.deliveries | {record.target: after})

"""What a draft's file says, record by record. Instants (`at`) are seconds since 1970 (UTC)."""

from enum import Enum
from typing import Final

import msgspec

from mainstay.model.http import Headers, Reply

OPENING: Final = 1
BEGUN: Final = 2
DELIVERED: Final = 3
"""The record is the delivered bytes themselves: whole server-sent events, several sends joined."""
REPLIED: Final = 4
ENDED: Final = 5
PICKED_UP: Final = 6

Entry = tuple[int, bytes]
"""Kind and content of a record that is not sealed yet."""


class Opening(msgspec.Struct, frozen=True):
    """The request, as it must be known to dispatch it once more.

    `deadline` is an instant. `kind` is the value of a `model.call.CallKind`. `path` has its query. `headers` are those
    that may be forwarded; credentials are never among them. `response_id` is the id that an OpenAI Responses caller
    knows the answer by, empty where there is none (yet); a `remembered` answer is found by it.
    """

    exchange_id: str
    at: float
    deadline: float
    tenant: str
    workload: str
    durable: bool
    dialect: str
    path: str
    headers: Headers
    body: bytes
    model: str
    kind: str
    stream: bool
    background: bool = False
    response_id: str = ""
    remembered: bool = False
    token: str = ""
    """Id of the token that asked, never the token."""
    owner: str = ""
    """The process that began it (`Owner.token`)."""


class Begun(msgspec.Struct, frozen=True):
    """The head of a streamed response."""

    status: int
    headers: Headers


class Ended(msgspec.Struct, frozen=True):
    """The exchange is over; `outcome` is that of its record in the journal."""

    outcome: str
    at: float


class PickedUp(msgspec.Struct, frozen=True):
    """The exchange was gone on with, after it had ended before its answer did, or its process had."""

    at: float
    owner: str = ""
    """The process that goes on with it."""


class Reason(Enum):
    """Why there is no draft to be had."""

    UNKNOWN = "unknown"
    """Never kept, not kept any more, or no id at all."""
    DAMAGED = "damaged"
    """The file was altered, or its beginning is missing."""
    KEY = "key"
    """The file was sealed with a key that is gone."""
    UNREADABLE = "unreadable"
    """The disk does not give it."""
    TAIL_LOST = "tail-lost"
    """What comes next was not kept."""


class Missing(msgspec.Struct, frozen=True):
    """No draft, or no more of it."""

    reason: Reason


class Beyond(msgspec.Struct, frozen=True):
    """Somebody asked for what comes after more events than there are; `events` is how many there are."""

    events: int


def encode(record: Opening | Begun | Reply | Ended | PickedUp) -> bytes:
    """The content of a record that is not `DELIVERED`."""
    return msgspec.msgpack.encode(record)


read_opening: Final = msgspec.msgpack.Decoder(Opening).decode
read_begun: Final = msgspec.msgpack.Decoder(Begun).decode
read_reply: Final = msgspec.msgpack.Decoder(Reply).decode
read_ended: Final = msgspec.msgpack.Decoder(Ended).decode
read_picked_up: Final = msgspec.msgpack.Decoder(PickedUp).decode

"""The doors: which path is whose, and in which dialect to speak to a caller before its request is read."""

from enum import Enum
from urllib.parse import unquote

import msgspec

from mainstay.model.http import Headers

ANTHROPIC = "anthropic"
OPENAI_CHAT = "openai-chat"
OPENAI_RESPONSES = "openai-responses"


class DoorKind(Enum):
    """What is behind a path."""

    CALL = "call"
    MODELS = "models"
    MODEL = "model"
    LIVE = "live"
    READY = "ready"
    METRICS = "metrics"
    EXCHANGE = "exchange"
    """Where an exchange stands."""
    STREAM = "stream"
    """What an exchange delivered, behind an event."""
    RESPONSE = "response"
    """A stored response: GET gives it, DELETE forgets it."""
    CANCEL = "cancel"
    """A background response is taken back."""
    TRUST = "trust"
    """The trust bundle: GET gives it, POST brings a newer one, which proves itself."""
    ORDERS = "orders"
    """The orders in force: GET lists them, POST brings one, which proves itself."""


class Door(msgspec.Struct, frozen=True):
    """One path of the gateway."""

    kind: DoorKind
    method: str
    dialect: str
    model: str = ""
    subject: str = ""
    """The id in the path."""
    also: str = ""
    """A second method."""


CALLS = {
    "/v1/messages": Door(DoorKind.CALL, "POST", ANTHROPIC),
    "/v1/messages/count_tokens": Door(DoorKind.CALL, "POST", ANTHROPIC),
    "/v1/chat/completions": Door(DoorKind.CALL, "POST", OPENAI_CHAT),
    "/v1/responses": Door(DoorKind.CALL, "POST", OPENAI_RESPONSES),
}
OWN = {
    "/livez": Door(DoorKind.LIVE, "GET", OPENAI_CHAT),
    "/readyz": Door(DoorKind.READY, "GET", OPENAI_CHAT),
    "/metrics": Door(DoorKind.METRICS, "GET", OPENAI_CHAT),
    "/v1/mainstay/trust": Door(DoorKind.TRUST, "GET", OPENAI_CHAT, also="POST"),
    "/v1/mainstay/orders": Door(DoorKind.ORDERS, "GET", OPENAI_CHAT, also="POST"),
}
MODELS = "/v1/models"
RESPONSES = "/v1/responses/"
EXCHANGES = "/v1/mainstay/exchanges/"


def door(path: str, headers: Headers) -> Door | None:
    """The door of this path; `None` for an unknown one."""
    found = CALLS.get(path) or OWN.get(path)
    if found is not None:
        return found
    dialect = spoken(path, headers)
    if path == MODELS:
        return Door(DoorKind.MODELS, "GET", dialect)
    if path.startswith(MODELS + "/") and len(path) > len(MODELS) + 1:
        return Door(DoorKind.MODEL, "GET", dialect, model=unquote(path[len(MODELS) + 1 :]))
    return _by_id(path, dialect)


def _by_id(path: str, dialect: str) -> Door | None:
    """The doors with an id in their path."""
    for prefix, rest_name, with_rest, alone in (
        (EXCHANGES, "stream", DoorKind.STREAM, DoorKind.EXCHANGE),
        (RESPONSES, "cancel", DoorKind.CANCEL, DoorKind.RESPONSE),
    ):
        if path.startswith(prefix):
            subject, _, rest = path[len(prefix) :].partition("/")
            if not subject or rest not in {"", rest_name} or (not rest and path.endswith("/")):
                return None
            kind = with_rest if rest else alone
            method = "POST" if kind is DoorKind.CANCEL else "GET"
            also = "DELETE" if kind is DoorKind.RESPONSE else ""
            return Door(kind, method, dialect, subject=unquote(subject), also=also)
    return None


def spoken(path: str, headers: Headers) -> str:
    """The dialect that a caller most likely speaks, judged by path and headers."""
    if path in CALLS:
        return CALLS[path].dialect
    if path.startswith(RESPONSES):
        return OPENAI_RESPONSES
    if path.startswith("/v1/messages") or any(name == "anthropic-version" for name, _ in headers):
        return ANTHROPIC
    return OPENAI_CHAT

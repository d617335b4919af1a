"""The doors: which path is whose, and in which dialect to speak to a caller before its request is read."""

from enum import Enum
from urllib.parse import unquote

import msgspec

from mainstay.model.http import Headers

ANTHROPIC = "anthropic"
OPENAI_CHAT = "openai-chat"


class DoorKind(Enum):
    """What is behind a path."""

    CALL = "call"
    MODELS = "models"
    MODEL = "model"
    LIVE = "live"
    READY = "ready"
    METRICS = "metrics"


class Door(msgspec.Struct, frozen=True):
    """One path of the gateway."""

    kind: DoorKind
    method: str
    dialect: str
    model: str = ""


CALLS = {
    "/v1/messages": Door(DoorKind.CALL, "POST", ANTHROPIC),
    "/v1/messages/count_tokens": Door(DoorKind.CALL, "POST", ANTHROPIC),
    "/v1/chat/completions": Door(DoorKind.CALL, "POST", OPENAI_CHAT),
}
OWN = {
    "/livez": Door(DoorKind.LIVE, "GET", OPENAI_CHAT),
    "/readyz": Door(DoorKind.READY, "GET", OPENAI_CHAT),
    "/metrics": Door(DoorKind.METRICS, "GET", OPENAI_CHAT),
}
MODELS = "/v1/models"


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
    return None


def spoken(path: str, headers: Headers) -> str:
    """The dialect that a caller most likely speaks, judged by path and headers."""
    if path in CALLS:
        return CALLS[path].dialect
    if path.startswith("/v1/messages") or any(name == "anthropic-version" for name, _ in headers):
        return ANTHROPIC
    return OPENAI_CHAT

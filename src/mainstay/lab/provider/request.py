"""What a fake provider is given: a request, and who it plays."""

from enum import Enum

import msgspec

from mainstay.model.http import Headers

_KEY_HEADERS = ("x-api-key", "api-key", "x-goog-api-key")


class ProviderRequest(msgspec.Struct, frozen=True):
    """One request as it came in. Header names are lower case. `at` (seconds since 1970) is only used to write dates
    into headers; everything else of the answer follows from the other fields."""

    method: str
    path: str
    query: str = ""
    headers: Headers = ()
    body: bytes = b""
    at: float = 0.0

    def header(self, name: str) -> str:
        """The first value of this field (`name` in lower case), or an empty text."""
        return next((value for key, value in self.headers if key == name), "")

    @property
    def key(self) -> str:
        """The credential of the request: Anthropic's, Azure's or Google's header, else the bearer token, else an empty
        text."""
        scheme, _, token = self.header("authorization").partition(" ")
        keys = (self.header(name) for name in _KEY_HEADERS)
        return next((key for key in keys if key), token.strip() if scheme.lower() == "bearer" else "")


class ModelKind(Enum):
    """How the model behaves when it is asked to continue an answer that was cut off."""

    EXACT = "exact"
    """Goes on with the very next character."""
    REPEAT = "repeat"
    """Repeats about the last thirty characters first, whole words."""
    RESTART = "restart"
    """Starts again from the beginning, with the same words."""
    CONTRADICT = "contradict"
    """Says something else."""
    ANCHORED = "anchored"
    """Repeats exactly the tail that the request quotes as a JSON string, then goes on; without a quote, repeats."""


class Personality(msgspec.Struct, frozen=True, kw_only=True):
    """Who the fake provider plays.

    Two personalities give the same text to the same prompt unless `words` differs. `key` is the only credential that
    is accepted (`None`: any, or none). `accepts_prefill` false plays a model that refuses a final assistant message.
    """

    name: str = "primary"
    model_kind: ModelKind = ModelKind.ANCHORED
    words: int = 60
    words_per_event: int = 2
    chars_per_second: float | None = None
    latency_seconds: float = 0.0
    pings: bool = True
    accepts_prefill: bool = True
    key: str | None = None
    models: tuple[str, ...] = ("claude-demo", "gpt-demo")

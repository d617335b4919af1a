"""What `perform` asks of a dialect: how it writes answers, errors and keep-alives."""

import hashlib
import itertools
import re
from typing import Protocol, runtime_checkable

import msgspec

from mainstay.lab.provider.ask import Ask, Problem
from mainstay.lab.provider.request import ProviderRequest
from mainstay.lab.provider.script import Part
from mainstay.lab.provider.turn import Turn
from mainstay.model.http import Headers

_WORD = re.compile(r"\s*\S+|\s+")
_BIRTH = 1_790_000_000


class Stamp(msgspec.Struct, frozen=True):
    """What makes the answer to one request different from others: everything random-looking comes from here."""

    provider: str
    digest: str
    at: float

    def id(self, prefix: str, salt: str = "") -> str:
        """An id of this request; the same salt gives the same id."""
        return f"{prefix}{hashlib.blake2b((self.digest + salt).encode(), digest_size=12).hexdigest()}"

    @property
    def created(self) -> int:
        """A plausible instant (seconds since 1970) that depends on the request alone."""
        return _BIRTH + int(self.digest[:5], 16)


def stamp(request: ProviderRequest, provider: str) -> Stamp:
    """The stamp of a request as this provider would answer it."""
    seen = hashlib.blake2b(f"{provider} {request.path}?{request.query} ".encode(), digest_size=16)
    seen.update(request.body)
    return Stamp(provider, seen.hexdigest(), request.at)


class ErrorAnswer(msgspec.Struct, frozen=True):
    """An error as one dialect words it. `code` is the machine-readable code beside the type."""

    status: int
    type: str
    message: str
    code: str = ""
    parameter: str | None = None


class Manner(msgspec.Struct, frozen=True):
    """How a stream is divided: words per event, characters at which an event must end, and whether to ping."""

    words_per_event: int = 2
    breaks: tuple[int, ...] = ()
    pings: bool = True


class Voice(Protocol):
    """A dialect, as a provider speaks it."""

    name: str

    def read(self, request: ProviderRequest) -> Ask | Problem:
        """Read a request for an answer (or for a count of its tokens)."""

    def headers(self, stamp: Stamp, exhausted_seconds: float | None = None) -> Headers:
        """The usual header fields, without content type and framing. With `exhausted_seconds` the rate limit of
        requests is used up and comes back after this long."""

    def plain(self, ask: Ask, turn: Turn, stamp: Stamp) -> bytes:
        """A whole answer."""

    def stream(self, ask: Ask, turn: Turn, stamp: Stamp, manner: Manner) -> list[Part]:
        """The events of a streamed answer."""

    def error(self, answer: ErrorAnswer, stamp: Stamp) -> bytes:
        """The body of an error."""

    def ping(self) -> bytes:
        """A keep-alive."""

    def event(self, kind: str, payload: bytes) -> bytes:
        """One event with these bytes as its data, whatever they are."""

    def models(self, names: tuple[str, ...]) -> bytes:
        """The list of models."""

    def model(self, name: str) -> bytes:
        """One model."""


@runtime_checkable
class OwnInbandErrors(Protocol):
    """A dialect that words errors inside a stream in another way than in the body of an error."""

    def inband_error(self, answer: ErrorAnswer, before: tuple[Part, ...], *, as_response: bool) -> bytes:
        """What tells of the error behind these parts. `as_response`: in the form of an answer that failed."""


def pieces(text: str, manner: Manner) -> list[str]:
    """The text divided into what each event carries."""
    words = _WORD.findall(text)
    size = max(manner.words_per_event, 1)
    groups = ["".join(words[start : start + size]) for start in range(0, len(words), size)]
    inner = sorted(place for place in set(manner.breaks) if 0 < place < len(text))
    return _broken(groups, inner) if inner else groups


def _broken(groups: list[str], places: list[int]) -> list[str]:
    """The same groups, with an additional border at each of these character positions."""
    result = []
    start = 0
    for group in groups:
        cuts = [place - start for place in places if start < place < start + len(group)]
        borders = [0, *cuts, len(group)]
        result += [group[left:right] for left, right in itertools.pairwise(borders)]
        start += len(group)
    return result


def slices(text: str, size: int) -> list[str]:
    """The text in slices of this many characters."""
    return [text[start : start + size] for start in range(0, len(text), size)]

"""Ids of tool calls: made to fit a protocol, made up where one is missing, made distinct.

Nothing is remembered between requests: the same id always gets the same replacement, for a call and for its result.
"""

import re
from collections import deque

import msgspec

from mainstay.wire.digest import digest

CALL_PREFIX = "call_"

_DIGEST_CHARACTERS = 24


class IdSyntax(msgspec.Struct, frozen=True):
    """The ids that a protocol takes: those that `pattern` matches as a whole. Any other gives way to `prefix` and a
    digest, at most `longest` characters together."""

    pattern: re.Pattern[str]
    prefix: str = CALL_PREFIX
    longest: int = 64

    def fit(self, call_id: str) -> str:
        """The id itself where it fits, else its replacement."""
        if self.pattern.fullmatch(call_id):
            return call_id
        return (self.prefix + digest(call_id, _DIGEST_CHARACTERS))[: self.longest]


class DistinctNames:
    """Gives every name only once: a later one of the same gets a number behind it."""

    __slots__ = ("_given", "_longest", "_numbers", "_separator")

    def __init__(self, longest: int | None = None, separator: str = "_") -> None:
        """A numbered name is cut to `longest` characters; `separator` stands before the number."""
        self._longest = longest
        self._separator = separator
        self._given: set[str] = set()
        # The last number behind each name: counting from the start each time would take ever longer.
        self._numbers: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._given)

    def take(self, wanted: str) -> str:
        """The next name."""
        distinct = wanted
        if wanted in self._given:
            number = self._numbers.get(wanted, 1)
            while distinct in self._given:
                number += 1
                distinct = self._numbered(wanted, f"{self._separator}{number}")
            self._numbers[wanted] = number
        self._given.add(distinct)
        return distinct

    def _numbered(self, name: str, suffix: str) -> str:
        return name + suffix if self._longest is None else name[: self._longest - len(suffix)] + suffix


class AnswerIds:
    """Gives every call of one answer an id of its own: the provider's, or one made of where the call stands and what it
    is."""

    __slots__ = ("_answer_id", "_ids", "_prefix")

    def __init__(self, answer_id: str = "", prefix: str = CALL_PREFIX) -> None:
        """`answer_id` keeps the ids that are made up for two answers apart."""
        self._answer_id = answer_id
        self._prefix = prefix
        self._ids = DistinctNames()

    def __len__(self) -> int:
        return len(self._ids)

    def take(self, call_id: str, name: str, arguments: str = "") -> str:
        """The id of the next call; `call_id` is empty where it came without one."""
        return self._ids.take(call_id or self._made_up(name, arguments))

    def _made_up(self, name: str, arguments: str) -> str:
        told = "\0".join((self._answer_id, str(len(self._ids)), name, arguments))
        return self._prefix + digest(told, _DIGEST_CHARACTERS)


class ConversationIds:
    """Ids of a whole conversation, where some servers number the calls of each turn anew. A result belongs to the
    earliest call with its id that has none yet."""

    __slots__ = ("_ids", "_syntax", "_waiting")

    def __init__(self, syntax: IdSyntax) -> None:
        """`syntax` is that of the protocol that the conversation is written in."""
        self._syntax = syntax
        self._ids = DistinctNames(syntax.longest)
        self._waiting: dict[str, deque[str]] = {}

    def call(self, call_id: str) -> str:
        """What to write for a call."""
        written = self._ids.take(self._syntax.fit(call_id))
        self._waiting.setdefault(call_id, deque()).append(written)
        return written

    def result(self, call_id: str) -> str | None:
        """What to write for a result, or `None` where no call waits for it."""
        waiting = self._waiting.get(call_id)
        if not waiting:
            return None
        written = waiting.popleft()
        if not waiting:
            del self._waiting[call_id]
        return written

    def unanswered(self) -> str | None:
        """The id, as it came, of a call without a result."""
        return next(iter(self._waiting), None)

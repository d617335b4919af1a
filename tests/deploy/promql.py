"""Reads PromQL strictly: what is not of the grammar below is an error, and every series and label it names is told.

expression := operand (operator [bool] [on|ignoring (labels) [group_left|group_right [(labels)]]] operand)*
operand    := number | (expression) | function(arguments) | aggregation [by|without (labels)] (arguments)
            | name [{matchers}] [[range]]
"""

import re
from typing import NamedTuple

TOKEN = re.compile(
    r"\s*(?:(?P<range>\[(?:[0-9]+[smhdw]|\$__rate_interval)\])"
    r"|(?P<number>[0-9]+(?:\.[0-9]+)?)"
    r"|(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)"
    r"|(?P<text>\"[^\"\\]*\")"
    r"|(?P<sign>==|!=|=~|!~|>=|<=|[-+*/%^<>=(){},]))"
)
# Function: the kinds of its arguments; `range` needs a range behind its series.
FUNCTIONS = {
    "rate": ("range",),
    "increase": ("range",),
    "absent": ("instant",),
    "vector": ("number",),
    "histogram_quantile": ("number", "instant"),
}
AGGREGATIONS = frozenset({"sum", "max", "min", "avg", "count"})
OPERATORS = {
    "or": 1,
    "and": 2,
    "unless": 2,
    **dict.fromkeys(("==", "!=", ">", "<", ">=", "<="), 3),
    "+": 4,
    "-": 4,
    "*": 5,
    "/": 5,
    "%": 5,
    "^": 6,
}


class Series(NamedTuple):
    """A series that is named, with the labels that it is asked for."""

    name: str
    labels: tuple[str, ...]
    has_range: bool


class Aggregation(NamedTuple):
    """Labels by which something is added up, and the series in it."""

    labels: tuple[str, ...]
    series: tuple[str, ...]


class PromqlError(Exception):
    """This is no PromQL."""


class Query:
    """One expression, read."""

    def __init__(self, text: str) -> None:
        self.series: list[Series] = []
        self.aggregations: list[Aggregation] = []
        self._is_ranged = False
        self._tokens = tokens(text)
        self._at = 0
        self._expression(0)
        if self._at < len(self._tokens):
            raise PromqlError(f"not expected: {self._tokens[self._at]}")

    def _peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _kind(self) -> str:
        return self._tokens[self._at][0] if self._at < len(self._tokens) else ""

    def _next(self, expected: str = "") -> str:
        found = self._peek()
        if not found or (expected and found != expected):
            raise PromqlError(f"{expected or 'more'} is missing at {found!r}")
        self._at += 1
        return found

    def _expression(self, strength: int) -> None:
        self._operand()
        while OPERATORS.get(self._peek(), 0) > strength:
            operator = self._next()
            if self._peek() == "bool":
                self._next()
            if self._peek() in {"on", "ignoring"}:
                self._next()
                self._labels()
                if self._peek() in {"group_left", "group_right"}:
                    self._next()
            self._expression(OPERATORS[operator])

    def _operand(self) -> None:
        if self._kind() == "number":
            self._next()
        elif self._peek() == "(":
            self._next()
            self._expression(0)
            self._next(")")
        elif self._kind() != "name":
            raise PromqlError(f"an operand is missing at {self._peek()!r}")
        elif self._peek() in AGGREGATIONS:
            self._aggregation()
        else:
            self._named()

    def _named(self) -> None:
        name = self._next()
        if self._peek() == "(":
            self._call(name)
            return
        labels = self._matchers() if self._peek() == "{" else ()
        has_range = self._kind() == "range"
        if has_range and not self._is_ranged:
            raise PromqlError("a range stands where an instant is needed")
        if has_range:
            self._next()
            self._is_ranged = False
        self.series.append(Series(name, labels, has_range))

    def _call(self, name: str) -> None:
        if name not in FUNCTIONS:
            raise PromqlError(f"unknown function {name}")
        self._next("(")
        for number, kind in enumerate(FUNCTIONS[name]):
            if number:
                self._next(",")
            if kind == "number" and self._kind() != "number":
                raise PromqlError(f"{name} needs a number")
            self._is_ranged = kind == "range"
            self._expression(0)
            if self._is_ranged:
                raise PromqlError(f"{name} needs a range")
        self._next(")")

    def _aggregation(self) -> None:
        self._next()
        labels: tuple[str, ...] = ()
        if self._peek() in {"by", "without"}:
            self._next()
            labels = self._labels()
        before = len(self.series)
        self._next("(")
        self._expression(0)
        self._next(")")
        self.aggregations.append(Aggregation(labels, tuple(one.name for one in self.series[before:])))

    def _labels(self) -> tuple[str, ...]:
        found = []
        self._next("(")
        while self._peek() != ")":
            found.append(self._next())
            if self._peek() != ")":
                self._next(",")
        self._next(")")
        return tuple(found)

    def _matchers(self) -> tuple[str, ...]:
        found = []
        self._next("{")
        while self._peek() != "}":
            found.append(self._next())
            if self._next() not in {"=", "!=", "=~", "!~"} or self._kind() != "text":
                raise PromqlError(f"a matcher is malformed at {self._peek()!r}")
            self._next()
            if self._peek() != "}":
                self._next(",")
        self._next("}")
        return tuple(found)


def tokens(text: str) -> list[tuple[str, str]]:
    """Kind and text of each token."""
    found, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise PromqlError(f"cannot be read: {text[at : at + 20]!r}")
        kind = match.lastgroup or ""
        found.append((kind, match[kind]))
        at = match.end()
    return found

"""Faults as people write them: `overloaded`, `throttle:retry_after=2`, `cut:phase=content,after=40`."""

import difflib
import math

import msgspec

from mainstay.lab.provider.fault_table import FAULTS, FaultEntry, FaultGroup, Parameter, Value

NUMBER_MAX = 1_000_000_000
"""No parameter is larger than this, so that no script grows without bound."""

_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class FaultTextError(ValueError):
    """The text names no fault; the message says what is wrong and what was probably meant."""


class FaultSpec(msgspec.Struct, frozen=True):
    """One fault with all its parameters. Made by `parse_fault`."""

    name: str
    values: tuple[tuple[str, Value], ...] = ()

    @property
    def group(self) -> FaultGroup:
        """Where it sets in."""
        return FAULTS[self.name].group

    def has(self, parameter: str) -> bool:
        """Whether the fault takes this parameter."""
        return any(name == parameter for name, _ in self.values)

    def text(self, parameter: str) -> str:
        """A parameter as text. Raises `KeyError` if the fault does not take it."""
        return str(dict(self.values)[parameter])

    def number(self, parameter: str) -> float:
        """A parameter as a number. Raises `KeyError` if the fault does not take it."""
        return float(dict(self.values)[parameter])

    def whole(self, parameter: str) -> int:
        """A parameter as a whole number. Raises `KeyError` if the fault does not take it."""
        return int(dict(self.values)[parameter])

    def flag(self, parameter: str) -> bool:
        """A parameter as yes or no. Raises `KeyError` if the fault does not take it."""
        return bool(dict(self.values)[parameter])

    def __str__(self) -> str:
        """The fault as one would write it; parameters at their defaults are left out."""
        defaults = {parameter.name: parameter.default for parameter in FAULTS[self.name].parameters}
        given = [f"{name}={written(value)}" for name, value in self.values if value != defaults[name]]
        return f"{self.name}:{','.join(given)}" if given else self.name


def written(value: Value) -> str:
    """A parameter's value as one would write it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def parse_fault(text: str) -> FaultSpec:
    """Read `name` or `name:parameter=value,parameter=value`. Raises `FaultTextError`."""
    name, _, settings = text.strip().partition(":")
    name = name.strip()
    entry = FAULTS.get(name)
    if entry is None:
        raise FaultTextError(f"there is no fault {name!r}{_nearest(name, list(FAULTS))}")
    given = dict(_setting(name, entry, part) for part in settings.split(",") if part.strip())
    values = tuple((parameter.name, given.get(parameter.name, parameter.default)) for parameter in entry.parameters)
    return FaultSpec(name, values)


def parse_fault_header(text: str, name: str) -> FaultSpec | None:
    """Read the header `x-lab-faults` (`primary=cut:after=12; standby=ok`) for the provider of this name; `None` if it
    is not mentioned. Raises `FaultTextError`."""
    for entry in text.split(";"):
        provider, separator, fault = entry.partition("=")
        if separator and provider.strip() == name:
            return parse_fault(fault)
    return None


OK = FaultSpec("ok")
"""No fault."""


def _setting(fault: str, entry: FaultEntry, part: str) -> tuple[str, Value]:
    name, _, text = (piece.strip() for piece in part.partition("="))
    known = {parameter.name: parameter for parameter in entry.parameters}
    if name not in known:
        raise FaultTextError(f"fault {fault!r} takes no parameter {name!r}{_nearest(name, list(known))}")
    return name, _value(fault, known[name], text)


def _value(fault: str, parameter: Parameter, text: str) -> Value:
    where = f"{fault}:{parameter.name}"
    if isinstance(parameter.default, bool):
        if text.lower() not in _FLAGS:
            raise FaultTextError(f"{where} is true or false, not {text!r}")
        return _FLAGS[text.lower()]
    if isinstance(parameter.default, str):
        if parameter.choices and text not in parameter.choices:
            raise FaultTextError(f"{where} is one of {', '.join(parameter.choices)}, not {text!r}")
        return text
    return _number(where, type(parameter.default), text)


def _number(where: str, kind: type[int] | type[float], text: str) -> int | float:
    try:
        number = kind(text)
    except ValueError:
        raise FaultTextError(f"{where} is a number, not {text!r}") from None
    if not math.isfinite(number) or abs(number) > NUMBER_MAX:
        raise FaultTextError(f"{where} is out of range: {text!r}")
    return number


def _nearest(name: str, known: list[str]) -> str:
    nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    if nearest:
        return f"; did you mean {nearest[0]!r}?"
    return f"; it takes {', '.join(known)}" if known else "; it takes none"

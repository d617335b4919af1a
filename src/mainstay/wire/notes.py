"""What comes up while a request is read or written: collected on the way, each thing once, and told at the end."""

from collections.abc import Mapping

from mainstay.model.catalogue import Capabilities
from mainstay.model.fault import Fault, FaultKind
from mainstay.wire.refusal import refusal

EARLIER_THINKING = "thinking of earlier turns"
"""The loss that every crossing has where somebody thought before."""

_SERVICE_UNAVAILABLE = 503


def unable(what: str) -> Fault:
    """The fault that says in a few words what a target cannot do."""
    return Fault(FaultKind.NO_CANDIDATE, what, _SERVICE_UNAVAILABLE, "no_candidate")


class ReadingNotes:
    """Of one request that is read: `extras` and `stays` for the prompt, and the first mistake of the caller."""

    __slots__ = ("_extras", "_stays", "mistake")

    def __init__(self) -> None:
        """Start before the first field."""
        # The keys of a dictionary are a set that remembers its order.
        self._extras: dict[str, None] = {}
        self._stays: dict[str, None] = {}
        self.mistake: Fault | None = None

    @property
    def extras(self) -> tuple[str, ...]:
        """Parameters that no other dialect has."""
        return tuple(self._extras)

    @property
    def stays(self) -> tuple[str, ...]:
        """Reasons why the request cannot cross."""
        return tuple(self._stays)

    def drop(self, name: str) -> None:
        """Note a parameter that no other dialect has."""
        self._extras[name] = None

    def stay(self, reason: str) -> None:
        """Note why the request cannot cross."""
        self._stays[reason] = None

    def wrong(self, field: str, problem: str) -> None:
        """Note a mistake; the first one counts."""
        self.mistake = self.mistake or refusal(field, problem)


class WritingNotes:
    """Of one request that is written: what the target lacks, and why it cannot serve the request at all."""

    __slots__ = ("_losses", "able", "obstacle")

    def __init__(self, able: Capabilities) -> None:
        """`able` says what the target can do."""
        self._losses: dict[str, None] = {}
        self.able = able
        self.obstacle: Fault | None = None

    @property
    def losses(self) -> tuple[str, ...]:
        """What was left out or weakened."""
        return tuple(self._losses)

    def lose(self, what: str) -> None:
        """Note something that is left out or weakened."""
        self._losses[what] = None

    def lose_given(self, given: Mapping[str, object]) -> None:
        """Note those of these parameters that are not `None`."""
        for name, value in given.items():
            if value is not None:
                self.lose(name)

    def bar(self, what: str) -> None:
        """Note something without which the request would be another; the first one counts."""
        self.obstacle = self.obstacle or unable(what)

"""A provider under watch, told in short: it answers so many requests, so soon, so fast, in such a manner."""

from collections.abc import Callable, Mapping

from mainstay.engine.capacity.change import CapacityChange
from mainstay.engine.gray.watch import Watch
from mainstay.engine.key import Key
from mainstay.engine.observation import Observation
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.frame import Usage

ALPHA = Key("alpha", "sonnet", "main")
WELL = "end_turn"


def seen(  # noqa: PLR0913 - a test may say anything
    at: float,
    *,
    wait: float = 1.0,
    tokens: int = 100,
    tokens_per_second: float = 50.0,
    input_tokens: int = 500,
    stop: str = WELL,
    fault: FaultKind | None = None,
    code: str = "",
    tools_broken: bool = False,
    stream: bool = True,
    works: bool = True,
    is_answer: bool = True,
    allowed: int | None = None,
) -> Observation:
    """An attempt that began at this instant. `works`: content came; without it, it ended after `wait`."""
    working_at = at + wait if works else None
    ended_at = at + wait + (tokens / tokens_per_second if works else 0.0)
    return Observation(
        fault=None if fault is None else Fault(fault, "for the test", code=code),
        usage=Usage(input_tokens, tokens),
        headers=(),
        started_at=at,
        opened_at=at,
        content_at=working_at if stream else ended_at,
        ended_at=ended_at,
        wall=0.0,
        output_characters=0,
        stop_reason=stop,
        tools_broken=tools_broken,
        is_stream=stream,
        is_answer=is_answer,
        working_at=working_at if stream else None,
        output_tokens_max=allowed,
    )


class Provider:
    """One key of a watch, and the time."""

    def __init__(self, watch: Watch | None = None, key: Key = ALPHA, every: float = 1.0) -> None:
        """A request begins each `every` seconds."""
        self.watch = watch or Watch()
        self.key = key
        self.every = every
        self.now = 1000.0

    def answers(self, count: int, **how: object) -> list[CapacityChange]:
        """Answer so many requests in this manner; the changes that this brought about."""
        return self.answers_in_turn(count, lambda _: how)

    def answers_in_turn(self, count: int, how: Callable[[int], Mapping[str, object]]) -> list[CapacityChange]:
        """The same, each request in a manner of its own."""
        changes: list[CapacityChange] = []
        for number in range(count):
            attempt = seen(self.now, **how(number))  # type: ignore[arg-type]
            changes += self.watch.saw(self.key, attempt)
            self.now = max(self.now + self.every, attempt.ended_at)
        return changes

    def is_usual(self, count: int = 200) -> None:
        """Answer so many requests as it always does."""
        assert self.answers(count) == []

    def becomes_suspect(self, at: float) -> None:
        """Be as usual for a while, and then end many slow answers at once, at this instant."""
        self.now = at - 800.0
        self.is_usual(100)
        self.now = at
        while not self.is_avoided():
            self.watch.saw(self.key, seen(at - 12.0, wait=10.0))

    def is_avoided(self, cohort: int = 100) -> bool:
        """Whether a session of this cohort would rather go elsewhere."""
        return self.watch.is_suspect(self.key, cohort, self.now)

"""What a supervisor decides: whom to start, to end, to kill. Pure: instants come in, decisions go out."""

from collections import deque
from enum import Enum
from typing import Final

import msgspec

from mainstay.gateway.supervisor.pause import GrowingPause
from mainstay.gateway.supervisor.standing import Roll, WorkerStanding

SILENCE_SECONDS: Final = 10.0
"""A worker whose event loop says nothing for so long is stuck or paused, and is replaced."""
READY_SECONDS: Final = 60.0
"""So long a worker may take from its start until it serves."""
END_SLACK_SECONDS: Final = 8.0
"""What a worker may take beyond its drain limit, before it is killed."""
TICK_SECONDS: Final = 0.25
LATE_SECONDS: Final = 2.0
"""A tick that comes so late says that we were paused, not the workers."""
NOT_OURS: Final = 78
"""Exit code of a worker that may not use what it was told to (EX_CONFIG of sysexits.h): trying again cannot help."""


class Phase(Enum):
    """Where a worker stands."""

    WAITING = "waiting"
    """It has died, and is started again when its pause is over."""
    STARTING = "starting"
    SERVING = "serving"
    ENDING = "ending"


class Start(msgspec.Struct, frozen=True):
    """Start the process of this worker."""

    number: int


class End(msgspec.Struct, frozen=True):
    """Ask a worker to drain and end; once more: to end at once."""

    number: int


class Kill(msgspec.Struct, frozen=True):
    """Kill a worker's process, by its id."""

    number: int


class Tell(msgspec.Struct, frozen=True):
    """Have it recorded, and say it to the operator."""

    event: str
    pid: int


class Say(msgspec.Struct, frozen=True):
    """Say it to the operator."""

    words: str


Decision = Start | End | Kill | Tell | Say


class Member(msgspec.Struct):
    """One worker as the crew sees it. Instants are of the caller's monotonic clock."""

    number: int
    phase: Phase = Phase.WAITING
    pid: int = 0
    since: float = 0.0
    started_at: float = 0.0
    heard_at: float = 0.0
    due_at: float = 0.0
    restarts: int = -1
    sha256: str = ""
    killed_for: str = ""
    pause: GrowingPause = msgspec.field(default_factory=GrowingPause)


class Crew:
    """Workers 0 to N-1. Whoever performs the decisions tells what becomes of them."""

    def __init__(self, workers: int, now: float, drain_seconds: float) -> None:
        """All of them are due at once. `drain_seconds` may be changed later."""
        self.drain_seconds = drain_seconds
        self.gave_up = False
        self.roll = Roll()
        self._members = [Member(number, due_at=now) for number in range(workers)]
        self._to_roll: deque[int] = deque()
        self._rolling: int | None = None
        self._stopping = False
        self._has_served = False
        """As a whole: until then, a state folder that is not ours to use ends the gateway."""
        self._ticked_at = now

    @property
    def is_over(self) -> bool:
        """Whether nobody is left, and nobody is to come."""
        return self._stopping and all(one.phase is Phase.WAITING for one in self._members)

    @property
    def stopping(self) -> bool:
        """Whether everybody is to end."""
        return self._stopping

    def standings(self) -> tuple[WorkerStanding, ...]:
        """For those who ask."""
        return tuple(
            WorkerStanding(one.number, one.phase.value, one.pid, one.sha256, max(0, one.restarts))
            for one in self._members
        )

    def serving(self) -> tuple[int, ...]:
        """Those who serve."""
        return tuple(one.number for one in self._members if one.phase is Phase.SERVING)

    def started(self, number: int, pid: int, now: float) -> None:
        """The process runs."""
        member = self._members[number]
        member.phase, member.pid, member.since, member.started_at = Phase.STARTING, pid, now, now
        member.restarts += 1
        member.killed_for = member.sha256 = ""

    def heard(self, number: int, now: float) -> None:
        """Its event loop lives."""
        self._members[number].heard_at = now

    def loaded(self, number: int, sha256: str) -> None:
        """It runs this version of the configuration."""
        self._members[number].sha256 = sha256

    def ready(self, number: int, now: float) -> list[Decision]:
        """It serves."""
        member = self._members[number]
        member.heard_at = now
        if member.phase is not Phase.STARTING:
            return []
        member.phase, member.since = Phase.SERVING, now
        self._has_served |= all(one.phase is Phase.SERVING for one in self._members)
        if self._rolling != number:
            return []
        self._rolling = None
        return self._roll_next(now)

    def died(self, number: int, code: int, now: float) -> list[Decision]:
        """Its process is no more; `code` is its exit code, or the negative number of a signal."""
        member = self._members[number]
        was, pid = member.phase, member.pid
        lived_seconds = now - member.started_at
        member.phase, member.pid, member.since, member.sha256 = Phase.WAITING, 0, now, ""
        if self._stopping:
            return []
        if code == NOT_OURS and not self._has_served:
            self.gave_up = True
            return self.stop(now)
        why = member.killed_for or f"ended with code {code}"
        told: list[Decision] = [Tell(f"worker {number} {why}", pid)]
        if self._rolling == number and was is Phase.ENDING:
            member.due_at = now
            return (told if member.killed_for else []) + self._due(now)
        pause_seconds = member.pause.after(lived_seconds)
        member.due_at = now + pause_seconds
        told.append(Say(f"worker {number} {why}; it starts again in {pause_seconds:g} s"))
        if self._rolling == number:
            told += self._stop_rolling(f"worker {number} did not become ready ({why})")
        return told

    def failed(self, number: int, reason: str, now: float) -> list[Decision]:
        """Its process could not be started."""
        member = self._members[number]
        pause_seconds = member.pause.after(0.0)
        member.due_at = now + pause_seconds
        words = f"worker {number} cannot be started ({reason}); tried again in {pause_seconds:g} s"
        decisions: list[Decision] = [Say(words)]
        if self._rolling == number:
            decisions += self._stop_rolling(f"worker {number} cannot be started ({reason})")
        return decisions

    def tick(self, now: float) -> list[Decision]:
        """Time has passed. To be called every `TICK_SECONDS`."""
        late_seconds = now - self._ticked_at
        self._ticked_at = now
        if late_seconds > LATE_SECONDS:
            # What they said meanwhile has not been read yet.
            for member in self._members:
                member.heard_at += late_seconds
                member.since += late_seconds
        decisions = [one for member in self._members for one in self._patience(member, now)]
        return decisions + self._due(now)

    def begin_roll(self, now: float) -> list[Decision]:
        """Replace the workers one after the other, each while the others serve."""
        if self._stopping or self.roll.under_way:
            return [Say("restart: one is under way already")]
        self.roll = Roll(self.roll.number + 1)
        if len(self._members) == 1:
            return self._stop_rolling("a rolling restart needs workers: 2 or more")
        self._to_roll.extend(member.number for member in self._members)
        self.roll = msgspec.structs.replace(self.roll, under_way=True)
        return [Say("restart: worker by worker"), *self._roll_next(now)]

    def stop(self, now: float) -> list[Decision]:
        """Everybody drains and ends; said once more: at once."""
        if not self._stopping:
            self._stopping = True
            self._to_roll.clear()
            self._rolling = None
        running = [member for member in self._members if member.phase is not Phase.WAITING]
        return [self._ended(member, now) for member in running]

    def _roll_next(self, now: float) -> list[Decision]:
        if not self.roll.under_way:
            return []
        if not self._to_roll:
            self.roll = msgspec.structs.replace(self.roll, under_way=False)
            return [Say("restart: all workers are new")]
        member = self._members[self._to_roll.popleft()]
        self._rolling = member.number
        if member.phase is Phase.WAITING:
            member.due_at = now
            return self._due(now)
        return [self._ended(member, now)]

    def _stop_rolling(self, trouble: str) -> list[Decision]:
        self._to_roll.clear()
        self._rolling = None
        self.roll = Roll(self.roll.number, trouble=trouble)
        return [Say(f"restart: stopped, {trouble}")]

    def _ended(self, member: Member, now: float) -> Decision:
        if member.phase is not Phase.ENDING:
            member.phase, member.since = Phase.ENDING, now
        return End(member.number)

    def _due(self, now: float) -> list[Decision]:
        if self._stopping:
            return []
        return [Start(one.number) for one in self._members if one.phase is Phase.WAITING and now >= one.due_at]

    def _patience(self, member: Member, now: float) -> list[Decision]:
        """Whether a worker has taken too long for something."""
        why = ""
        match member.phase:
            case Phase.STARTING if now - member.since > READY_SECONDS:
                why = f"was killed: not ready within {READY_SECONDS:g} s"
            case Phase.SERVING | Phase.ENDING if now - member.heard_at > SILENCE_SECONDS:
                why = f"was killed: silent for {SILENCE_SECONDS:g} s"
            case Phase.ENDING if now - member.since > self.drain_seconds + END_SLACK_SECONDS:
                why = "was killed: it did not end in time"
            case _:
                pass
        if not why or member.killed_for:
            return []
        member.killed_for = why
        return [Kill(member.number)]

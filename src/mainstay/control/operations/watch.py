"""The watch: hears every record and all other evidence, lets detection decide, and has decisions acted upon.

Every control plane watches; the one that holds the lease acts. Another that takes over knows already what is going on:
what it saw and nobody acted upon, it acts upon then.
"""

from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import Final

import msgspec

from mainstay.control.background import StopSignal
from mainstay.control.operations.following import LOOK_SECONDS, Following
from mainstay.control.operations.listener import PAST_SECONDS, Listener
from mainstay.control.operations.topology import topology_of
from mainstay.ledger.errors import LedgerError
from mainstay.ledger.store.port import Store
from mainstay.model.evidence import Evidence
from mainstay.model.records import DetectionRecord, Record
from mainstay.ops.detection.detector import Decision, Detector, ProbeWish, Standing
from mainstay.ops.tallies.merging import decode

TURN_SECONDS: Final = 0.5
EVIDENCE_MAX: Final = 1_000
SHOW_SECONDS: Final = 1.0
HOUR_SECONDS: Final = 3_600
LEARNED_SECONDS: Final = 7 * 86_400.0
UNDONE_SECONDS: Final = 120.0
UNDONE_MAX: Final = 1_000
CAUGHT_UP_PAGES: Final = 25
"""So many pages of records are heard before detection decides again, where it has fallen behind."""


class Duties(msgspec.Struct, frozen=True):
    """What the watch needs and has done. `is_acting`: whether the lease is ours. `write` takes records for our journal,
    `decided` acts upon a decision, `wished` hears what probes would help; none of them raises."""

    is_acting: Callable[[], bool]
    write: Callable[[Record], None]
    decided: Callable[[Decision], None]
    wished: Callable[[tuple[ProbeWish, ...]], None]
    heard: Callable[[Record], None]
    """Hears every record that came since our start."""
    changed: Callable[[], None]
    """Hears that another version of the configuration was accepted."""
    wall: Callable[[], float]
    report: Callable[[str], None]
    next_id: Callable[[], str]


class Watch:
    """`run` is the job of one thread; `hear` and `standing` may be called from any."""

    def __init__(
        self, open_store: Callable[[], Store], detector: Detector, following: Following, duties: Duties
    ) -> None:
        """Nothing is read yet. `open_store` may raise `LedgerError`."""
        self._open_store = open_store
        self._listener = Listener(open_store, self._take, duties.wall, duties.report)
        self._detector = detector
        self._following = following
        self._duties = duties
        self._lock = Lock()
        self._evidence: deque[Evidence] = deque(maxlen=EVIDENCE_MAX)
        self._standing: tuple[Standing, ...] = ()
        self._undone: dict[tuple[str, str], Decision] = {}
        self._looked_at = float("-inf")
        self._shown_at = float("-inf")
        self._has_learned = False

    @property
    def is_warm(self) -> bool:
        """Whether the last hours have been heard: before that nothing is decided."""
        return self._listener.is_live

    @property
    def trouble(self) -> str | None:
        """Why detection is blind now; `None` while it sees."""
        return self._listener.trouble

    def hear(self, evidence: Evidence) -> None:
        """Take evidence that is no record. Does not block; where too much waits, the oldest is dropped."""
        with self._lock:
            self._evidence.append(evidence)

    def standing(self) -> tuple[Standing, ...]:
        """How components stood at the last turn."""
        return self._standing

    def run(self, stop: StopSignal) -> None:
        """Watch until `stop` is set. Raises nothing."""
        while not stop.is_set():
            self.turn()
            stop.wait(TURN_SECONDS)
        self.close()

    def close(self) -> None:
        """Let go of the store."""
        self._listener.close()

    def turn(self) -> None:
        """Hear what came, and decide."""
        wall = self._duties.wall()
        if wall - self._looked_at >= LOOK_SECONDS:
            self._looked_at = wall
            self._follow()
        for _ in range(CAUGHT_UP_PAGES):
            if not self._listener.turn():
                break
        if not self._listener.is_live:
            return
        if not self._has_learned:
            self._learn(wall)
        self._hear_evidence()
        # While records are not heard, silence tells nothing of anybody.
        if self._listener.trouble is None:
            self._decide(wall)
        if wall - self._shown_at >= SHOW_SECONDS or wall < self._shown_at:
            self._shown_at, self._standing = wall, self._detector.standing(wall)

    def _learn(self, wall: float) -> None:
        """What is usual, from what was added up of the days before those that were heard record by record."""
        try:
            self._learn_from(self._open_store(), wall)
        except LedgerError as error:
            # It is the same store that records are heard from: the next turn tries again.
            self._duties.report(f"detection: what is usual cannot be read now: {error}")
            return
        self._has_learned = True

    def _learn_from(self, store: Store, wall: float) -> None:
        try:
            for span in store.spans(HOUR_SECONDS, wall - LEARNED_SECONDS, wall - PAST_SECONDS):
                try:
                    self._detector.learn(span.start, span.seconds, decode(span.body))
                except (msgspec.DecodeError, UnicodeDecodeError):
                    continue
        finally:
            store.close()

    def _follow(self) -> None:
        if self._following.look():
            snapshot = self._following.snapshot()
            self._detector.arrange(snapshot.detection, topology_of(snapshot))
            self._duties.changed()

    def _hear_evidence(self) -> None:
        with self._lock:
            heard = tuple(self._evidence)
            self._evidence.clear()
        for one in heard:
            self._detector.hear(one)

    def _decide(self, wall: float) -> None:
        decisions = self._detector.turn(wall)
        if self._duties.is_acting():
            undone, self._undone = tuple(self._undone.values()), {}
            for decision in (*undone, *decisions):
                self._duties.write(decision.record(self._duties.next_id()))
                self._duties.decided(decision)
            self._duties.wished(self._detector.wishes(wall))
            return
        for decision in decisions:
            if len(self._undone) < UNDONE_MAX:
                self._undone[decision.component, decision.state] = decision
        self._undone = {name: one for name, one in self._undone.items() if wall - one.at < UNDONE_SECONDS}

    def _take(self, record: Record) -> None:
        self._detector.take(record)
        if not self._listener.is_live:
            return
        if isinstance(record, DetectionRecord):
            # Whoever acts has decided the same.
            self._undone.pop((record.component, record.state), None)
        self._duties.heard(record)

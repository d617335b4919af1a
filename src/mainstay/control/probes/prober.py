"""The prober: makes the probes that detection wishes for, as far as the budget goes."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import AbstractAsyncContextManager
from threading import Lock
from typing import Final

import msgspec

from mainstay.control.background import StopSignal
from mainstay.control.probes.budget import ProbeBudget
from mainstay.control.probes.port import Probes
from mainstay.ledger.errors import LedgerError
from mainstay.model.components import Component, component_of
from mainstay.model.records import ProbeRecord, Record
from mainstay.model.settings import ProbeSettings
from mainstay.ops.detection.values import ProbeWish

AT_ONCE_MAX: Final = 4
GLANCE_SECONDS: Final = 0.25
PROBE_SECONDS_MAX: Final = 60.0
URGENT_GAP_SECONDS: Final = 10.0
CALM_GAP_SECONDS: Final = 60.0
"""A component is left alone for so long after a probe."""
HAND_SECONDS: Final = 90.0
HAND: Final = "hand"
URGENCY: Final = {"suspect": 0, "recovery": 1, "login": 2, "admin": 2, "thin": 2}
COMPONENTS_MAX: Final = 2_000
OWN_MAX: Final = 1_000


class ProberStatus(msgspec.Struct, frozen=True):
    """How it goes. `refusal` says why the last wish was not fulfilled, if the budget was the reason."""

    is_on: bool
    probes_last_hour: int
    usd_today: float
    running: tuple[str, ...]
    refusal: str = ""


class ProberParts(msgspec.Struct, frozen=True):
    """What the prober takes from outside. `settings` are asked for again each time (`None`: no probes but by hand);
    `write` takes records for the journal, `report` a line for the operator; `wall` gives seconds since 1970."""

    settings: Callable[[], ProbeSettings | None]
    write: Callable[[Record], None]
    report: Callable[[str], None]
    wall: Callable[[], float]
    is_active: Callable[[], bool]
    next_id: Callable[[], str]
    open_probes: Callable[[], AbstractAsyncContextManager[Probes]]
    past: Callable[[], Sequence[Record]] = tuple
    """Gives the probes of the last day when we start, whoever made them; may raise `LedgerError`."""


class Prober:
    """Runs in a thread of its own; all methods may be called from any."""

    def __init__(self, parts: ProberParts) -> None:
        self._parts = parts
        self._lock = Lock()
        self._wishes: tuple[ProbeWish, ...] = ()
        self._budget = ProbeBudget()
        self._last: dict[str, float] = {}
        self._running: dict[str, asyncio.Task[ProbeRecord]] = {}
        self._own: deque[str] = deque(maxlen=OWN_MAX)
        self._refusal = ""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._probes: Probes | None = None

    def wish(self, wishes: Iterable[ProbeWish]) -> None:
        """Take the wishes of now instead of those of before, the most urgent first."""
        with self._lock:
            self._wishes = tuple(wishes)

    def remember(self, record: Record) -> None:
        """Count a probe that somebody else made, or that we made before our start. Our own come back from the store and
        were counted before."""
        if isinstance(record, ProbeRecord):
            with self._lock:
                if record.id in self._own:
                    return
                self._budget.remember(record, self._parts.wall())
                self._last[record.component] = max(record.at, self._last.get(record.component, 0.0))

    def by_hand(self, name: str, timeout_seconds: float = HAND_SECONDS) -> ProbeRecord | str:
        """Probe this component now and wait for it; or say why that cannot be. Also where no probes are made otherwise.
        Must not be called from the prober's own loop."""
        component = component_of(name)
        if component is None:
            return f"{name!r} is no component: write upstream:NAME, upstream:NAME/MODEL or upstream:NAME#login"
        loop = self._loop
        if loop is None or self._probes is None:
            return "the prober does not run here now"
        waiting: Future[ProbeRecord | str] = asyncio.run_coroutine_threadsafe(self._by_hand(component), loop)
        try:
            return waiting.result(timeout_seconds)
        except FutureTimeoutError:
            waiting.cancel()
            return f"the probe did not end within {timeout_seconds:g} s"

    def status(self) -> ProberStatus:
        """How it goes."""
        with self._lock:
            spent = self._budget.spent(self._parts.wall())
            is_on = self._parts.settings() is not None
            return ProberStatus(is_on, spent.probes, spent.usd, tuple(self._running), self._refusal)

    def run(self, stop: StopSignal) -> None:
        """Probe until `stop` is set. Raises nothing."""
        try:
            asyncio.run(self._work(stop))
        except Exception as error:  # noqa: BLE001 - whoever cannot probe goes on without
            self._parts.report(f"probes: are made no more: {type(error).__name__}: {error}")
        finally:
            self._loop = self._probes = None

    async def turn(self, probes: Probes) -> None:
        """Begin the probes that are wished for, may be made, and are not running."""
        settings = self._parts.settings()
        if settings is None or not self._parts.is_active():
            return
        with self._lock:
            for component, reason in self._in_order(self._wishes):
                if len(self._running) >= AT_ONCE_MAX:
                    break
                if self._may_begin(component, reason, probes):
                    self._refusal = self._begin(component, reason, probes, settings)
                    if self._refusal:
                        break

    async def settle(self) -> None:
        """Wait until every probe that runs has ended."""
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def _work(self, stop: StopSignal) -> None:
        async with self._parts.open_probes() as probes:
            await asyncio.to_thread(self._recall)
            self._loop, self._probes = asyncio.get_running_loop(), probes
            while not stop.is_set():
                await self.turn(probes)
                await asyncio.sleep(GLANCE_SECONDS)
            self._loop = self._probes = None
            for task in self._running.values():
                task.cancel()
            await self.settle()

    def _recall(self) -> None:
        try:
            found = self._parts.past()
        except LedgerError as error:
            self._parts.report(f"probes: what was spent before is not known: {error}")
            return
        for record in found:
            self.remember(record)

    def _in_order(self, wishes: tuple[ProbeWish, ...]) -> list[tuple[Component, str]]:
        """The most urgent first; of those alike the one that we know least of."""
        known = [(component_of(one.component), one.reason) for one in wishes]
        found = [(component, reason) for component, reason in known if component is not None]
        return sorted(found, key=lambda one: (URGENCY.get(one[1], 9), self._last.get(one[0].name, 0.0)))

    def _may_begin(self, component: Component, reason: str, probes: Probes) -> bool:
        gap = URGENT_GAP_SECONDS if URGENCY.get(reason, 9) <= 1 else CALM_GAP_SECONDS
        is_rested = self._parts.wall() - self._last.get(component.name, 0.0) >= gap
        return component.name not in self._running and is_rested and not probes.objection(component)

    def _begin(self, component: Component, reason: str, probes: Probes, settings: ProbeSettings) -> str:
        """Begin, unless the budget objects."""
        wall, cost = self._parts.wall(), probes.cost_nanodollars(component)
        if objection := self._budget.objection(settings, cost, wall):
            return objection
        self._budget.spend(cost, wall)
        if len(self._last) >= COMPONENTS_MAX:
            del self._last[min(self._last, key=self._last.__getitem__)]
        self._last[component.name] = wall
        task = asyncio.get_running_loop().create_task(self._probe(component, reason, probes))
        self._running[component.name] = task
        return ""

    async def _by_hand(self, component: Component) -> ProbeRecord | str:
        probes = self._probes
        if probes is None:
            return "the prober does not run here now"
        if objection := probes.objection(component):
            return objection
        with self._lock:
            running = self._running.get(component.name)
            if running is None:
                if refusal := self._begin(component, HAND, probes, self._parts.settings() or ProbeSettings()):
                    return refusal
                running = self._running[component.name]
        return await asyncio.shield(running)

    async def _probe(self, component: Component, reason: str, probes: Probes) -> ProbeRecord:
        try:
            async with asyncio.timeout(PROBE_SECONDS_MAX):
                record = await probes.perform(component, reason)
        except TimeoutError:
            record = self._without_sample(component, reason, "deadline")
        except Exception as error:  # noqa: BLE001 - a defect of ours says nothing of the component
            self._parts.report(f"probes: {component.name}: a defect of ours: {type(error).__name__}: {error}")
            record = self._without_sample(component, reason, "internal")
        finally:
            with self._lock:
                self._running.pop(component.name, None)
        with self._lock:
            self._own.append(record.id)
        self._parts.write(record)
        return record

    def _without_sample(self, component: Component, reason: str, fault: str) -> ProbeRecord:
        about = (self._parts.next_id(), self._parts.wall(), component.name, "no-sample")
        return ProbeRecord(*about, fault=fault, blame="us", reason=reason)

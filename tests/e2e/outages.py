"""A site that detects, acts and tells: two providers, of which one can be broken, a gateway under steady traffic, a
control plane, and somebody who is notified by a webhook."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from itertools import cycle
from pathlib import Path
from typing import Final, Self, TypeVar

import msgspec

from mainstay.control.incidents.desk import IncidentDesk
from mainstay.control.playbooks.index import RunIndex
from mainstay.lab.provider.thread import FakeProviderThread
from mainstay.ledger.store.port import ALL
from mainstay.model.incident import IncidentEvent
from mainstay.model.records import DetectionRecord, NoticeRecord, OrderRecord, Record
from mainstay.ops.incidents.state import IncidentState
from mainstay.ops.playbooks.state import RunState
from mainstay.wiring.book import open_book
from tests.chaos.clock import MovedClock
from tests.conformance.stage import upstream
from tests.control.notices.sink import Sink, running_sink
from tests.e2e.callers import PATHS, Question
from tests.e2e.lanes import Tree
from tests.e2e.ledgers import Machine
from tests.e2e.process import Process, answer_or_none
from tests.e2e.raw import Heard, post

MODELS: Final = tuple(f"claude-{number}" for number in range(8))
"""Each has breakers of its own: the more of them are asked for, the sooner enough requests have failed."""
ILL, STANDBY = "alpha", "beta"
PER_SECOND: Final = 10
CALLERS_MAX: Final = 16
LASTING_SECONDS: Final = 25.0
GLANCE_SECONDS: Final = 0.05
PATIENCE_SECONDS: Final = 90.0
PAGE_ROWS: Final = 5_000
PROMPT: Final = "Why do bridges hum in 12 words?"

PLAYBOOKS: Final[Tree] = {
    **dict.fromkeys(("provider-down", "brown-out", "model-failure", "both-clouds-down"), "off"),
    "respond": {
        "description": "Somebody is asked, then the provider is drained.",
        "triggers": [{"incident": {"components": ["*"], "impact_min": "none"}}],
        "steps": [
            {"id": "say", "publish": {"text": "Requests go elsewhere.", "status": "identified"}},
            {"id": "ask", "approve": {"role": "operator", "text": "Drain it"}},
            {"id": "move", "order": {"kind": "drain", "upstream": ILL, "for_seconds": 600, "reason": "{run.cause}"}},
        ],
    },
}
"""One playbook that begins with every incident, and none of those that come with the product for outages."""
_Found = TypeVar("_Found")
_Kind = TypeVar("_Kind")


class Site(Machine):
    """Nothing runs yet, but the providers and the sink."""

    def __init__(
        self,
        folder: Path,
        tree: Mapping[str, Tree],
        providers: tuple[FakeProviderThread, FakeProviderThread],
        sink: Sink,
        clock: MovedClock,
    ) -> None:
        """The first provider is the one that is broken."""
        super().__init__(folder, tree, clock.environment)
        self.clock = clock
        self.ill, self.standby = providers
        self.sink = sink
        self._arrival = 0
        self._heard: list[Record] = []

    def settle(self) -> Self:
        """Start both planes, and wait until this control plane acts."""
        self.start()
        self.start_control()
        self.soon(self.is_acting, "the control plane acts")
        return self

    def fail(self, traffic: "Traffic") -> None:
        """Break the provider, and wait until detection is sure. It wants to see that the trouble lasts: it does, by the
        moved clock."""
        self.soon(lambda: traffic.asked >= PER_SECOND, "callers are served")
        self.ill.break_with("refuse")
        self.soon(lambda: self.is_held_for("suspected"), "it is suspected")
        self.clock.move(LASTING_SECONDS)
        self.soon(self.incidents, "there is an incident")

    def is_held_for(self, state: str) -> bool:
        """Whether it stands in the ledger that detection has held the provider that is broken for this."""
        found = self.heard(DetectionRecord)
        return any(one.component == f"upstream:{ILL}" and one.state == state for one in found)

    def heard(self, kind: type[_Kind]) -> list[_Kind]:
        """All records of this kind that have come to the store, in the order in which they came."""
        with self.store() as store:
            while page := store.arrivals(ALL, self._arrival, PAGE_ROWS):
                self._heard += [msgspec.json.decode(row.body, type=Record) for row in page]
                self._arrival = page[-1].arrival
        return [one for one in self._heard if isinstance(one, kind)]

    def incidents(self) -> tuple[IncidentState, ...]:
        """Every incident that there is, the newest first."""
        book = open_book(self.environment.get("STORE"), self.state, _nowhere, read_only=True)
        with closing(book):
            return IncidentDesk(book, time.time, lambda: "").recent()

    def incident(self) -> IncidentState:
        """The only one that there is."""
        (found,) = self.incidents()
        return found

    def event_at(self, kind: type[IncidentEvent]) -> float:
        """When an incident had its first event of this kind, in seconds since 1970."""
        return next(one.at for one in reversed(self.incident().timeline) if isinstance(one.event, kind))

    def notices(self, *outcomes: str) -> list[NoticeRecord]:
        """What became of notices, those of these outcomes."""
        return [one for one in self.heard(NoticeRecord) if one.outcome in outcomes]

    def posts(self, words: str = "") -> list[str]:
        """What the webhook was sent, as far as these words stand in it."""
        return [text for _, _, body in tuple(self.sink.posts) if words in (text := body.decode())]

    def told(self, words: str) -> set[str]:
        """The ids of messages whose title begins so; a message that is sent again keeps its id."""
        head = f'"title":"{words}'
        return {fields["webhook-id"] for _, fields, body in tuple(self.sink.posts) if head in body.decode()}

    def run_of(self, playbook: str) -> RunState | None:
        """The newest run of a playbook; `None` while there is none."""
        book = open_book(self.environment.get("STORE"), self.state, _nowhere, read_only=True)
        with closing(book):
            index = RunIndex(book)
            index.refresh(time.time())
            return next((run for run in index.all() if run.playbook.name == playbook), None)

    def asks(self, playbook: str) -> str:
        """The id of the playbook's run that waits for somebody's approval; empty while none does."""
        run = self.run_of(playbook)
        return "" if run is None or run.asks is None else run.run

    def outcome(self, playbook: str) -> str:
        """How its newest run ended; empty while it goes on."""
        run = self.run_of(playbook)
        return "" if run is None else run.outcome or ""

    def orders(self, event: str = "given") -> list[OrderRecord]:
        """Orders that were given, or what else happened to them."""
        return [one for one in self.heard(OrderRecord) if one.event == event]

    def page(self, name: str = "index.html") -> str:
        """A file of the status page, as it stands on the disk; empty before it is there."""
        try:
            return (self.state / "status-page" / name).read_text()
        except FileNotFoundError:
            return ""

    def summary(self) -> str:
        """What the status page tells other tools, over HTTP; empty while nobody answers."""
        heard = answer_or_none(self.control_url, "/status/api/v2/summary.json")
        return heard.text if heard is not None and heard.status == 200 else ""

    def is_acting(self) -> bool:
        """Whether a control plane answers and holds the lease."""
        heard = answer_or_none(self.control_url, "/readyz")
        return heard is not None and '"is_held":true' in heard.text

    def soon(self, look: Callable[[], _Found], what: str, seconds_max: float = PATIENCE_SECONDS) -> _Found:
        """Wait until something is true; give it. Looks again and again."""
        deadline = time.monotonic() + seconds_max
        while not (found := look()):
            assert time.monotonic() < deadline, f"not within {seconds_max:g} s: {what}\n{self.control.output}"
            time.sleep(GLANCE_SECONDS)
        return found


class Traffic:
    """Ten requests a second until the block ends, whatever becomes of them."""

    def __init__(self, url: str, per_second: float = PER_SECOND, models: int = len(MODELS)) -> None:
        """So many of the models are asked for, in turn."""
        self._url = url
        self._models = cycle(MODELS[:models])
        self._pause = 1.0 / per_second
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._statuses: list[int] = []

    @property
    def asked(self) -> int:
        """How many requests were answered, or failed."""
        return len(self._statuses)

    @property
    def failed(self) -> list[int]:
        """The statuses of those that were not served; 0 for none at all."""
        return [one for one in tuple(self._statuses) if one != 200]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        due = time.monotonic()
        with ThreadPoolExecutor(CALLERS_MAX) as crew:
            while not self._over.wait(max(0.0, due - time.monotonic())):
                crew.submit(self._ask, next(self._models))
                due += self._pause

    def _ask(self, model: str) -> None:
        try:
            status = ask(self._url, model).status
        except OSError:
            status = 0
        self._statuses.append(status)


def ask(url: str, model: str = MODELS[0]) -> Heard:
    """Ask once. Raises `OSError`."""
    question = Question(model=model, prompt=PROMPT, stream=False)
    return post(url, PATHS["anthropic"], question.body("anthropic"), question.headers)


@contextmanager
def site(folder: Path, feeds: Mapping[str, str] | None = None, **sections: Tree) -> Iterator[Site]:
    """Providers and a sink that run, and a site on which nothing runs yet. `feeds`: names of upstreams, and where their
    status pages are; those that are neither of the two serve no model that anybody asks for."""
    with ExitStack() as stack:
        sink = stack.enter_context(running_sink())
        ill = stack.enter_context(FakeProviderThread("primary"))
        standby = stack.enter_context(FakeProviderThread("standby"))
        places = {ILL: ill.url, STANDBY: standby.url}
        upstreams: dict[str, Tree] = {
            name: with_feed(upstream("anthropic", places.get(name, standby.url)), (feeds or {}).get(name))
            for name in dict.fromkeys((*places, *(feeds or {})))
        }
        models: dict[str, Tree] = {name: {"candidates": [{"upstream": ILL}, {"upstream": STANDBY}]} for name in MODELS}
        models |= {name: {"candidates": [{"upstream": name}]} for name in upstreams if name not in places}
        tree: dict[str, Tree] = {
            "upstreams": upstreams,
            "models": models,
            "workloads": {"default": {"deadline_seconds": 60}},
            "notifications": {
                "targets": {"pager": {"webhook": sink.url}},
                "routes": [{"severity": "info", "targets": ["pager"]}],
            },
            "status_page": {"public": True, "name": "Our status"},
        }
        yield stack.enter_context(Site(folder, tree | sections, (ill, standby), sink, MovedClock(folder / "clock")))


def with_feed(of: Tree, url: str | None) -> Tree:
    """An upstream, and where its status page is."""
    assert isinstance(of, dict)
    return of if url is None else {**of, "status_feed": url}


@contextmanager
def another_control_plane(running: Site, place: Path) -> Iterator[Process]:
    """A second control plane on the same store, from when it answers."""
    place.mkdir()
    file, url = running.write_for_another(place)
    with Process(["control", "-c", str(file)], place, running.environment) as process:
        process.until(lambda: answer_or_none(url, "/livez") is not None, "the second control plane answers")
        yield process


def _nowhere(_record: Record) -> None:
    """Nothing is written here."""

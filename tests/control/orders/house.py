"""A desk of orders over a real folder and a real configuration, with a load of the test's own."""

from itertools import count
from pathlib import Path

from mainstay.config.load import load_text
from mainstay.config.snapshot import Snapshot
from mainstay.control.orders.desk import OrderDesk, Outside
from mainstay.control.orders.load import NO_LOAD, Asked, Load
from mainstay.control.orders.port import OrderShelf
from mainstay.control.orders.refusal import Refusal
from mainstay.gateway.orders.folder import OrderFolder
from mainstay.model.orders import Draft, Order, OrderKind
from mainstay.model.records import OrderRecord, Record

WALL = 1_772_448_540.0
YAML = """
upstreams:
  anthropic:
    {dialect: anthropic, base_url: "http://a", credentials: [{name: main, key: "env:A"}, {name: spare, key: "env:B"}]}
  bedrock: {dialect: anthropic, base_url: "http://b", region: eu-central-1, limits: {requests_per_minute: 120}}
  openai: {dialect: openai-chat, base_url: "http://o/v1", region: us}
  idle: {dialect: anthropic, base_url: "http://i"}
models:
  claude: {candidates: [{upstream: anthropic}, {upstream: bedrock}, {upstream: openai, model: gpt, substitute: true}]}
  haiku: {candidates: [{upstream: anthropic}]}
workloads:
  eu-only: {residency: [eu]}
  urgent: {priority: critical}
"""


def snapshot(yaml: str = YAML) -> Snapshot:
    loaded = load_text(yaml.encode(), Path("/nowhere"), {"A": "a", "B": "b"})
    assert loaded.snapshot is not None, loaded.mistakes
    return loaded.snapshot


class House:
    """Everything around one desk. `wall` and `load` are what a test says."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.shelf: OrderShelf = OrderFolder(state)
        self.wall = WALL
        self.load: Load = NO_LOAD
        self.records: list[Record] = []
        self.config = snapshot()
        self._numbers = count(1)
        self.desk = self.another()

    def another(self) -> OrderDesk:
        """A desk of another process."""
        return OrderDesk(
            self.shelf,
            Outside(
                lambda: self.config,
                lambda _: self.load,
                self.records.append,
                lambda: self.wall,
                lambda: f"id-{next(self._numbers)}",
                lambda size: next(self._numbers).to_bytes(size, "big"),
            ),
        )

    def given(self, kind: OrderKind, upstream: str = "", *, force: bool = False, **fields: object) -> Order:
        """An order that must be given."""
        found = self.desk.give(draft(kind, upstream, **fields), force=force)
        assert isinstance(found, Order), found
        return found

    def refused(self, kind: OrderKind, upstream: str = "", **fields: object) -> Refusal:
        """Why an order is not given; its preview says the same."""
        asked = draft(kind, upstream, **fields)
        preview, found = self.desk.preview(asked), self.desk.give(asked)
        assert isinstance(found, Refusal), found
        assert preview.refusal == found
        return found

    @property
    def events(self) -> list[tuple[str, str, str]]:
        """What was written down: which order, what happened to it, and by whom."""
        return [(one.order.id, one.event, one.by) for one in self.records if isinstance(one, OrderRecord)]


def draft(kind: OrderKind, upstream: str = "", **fields: object) -> Draft:
    known: dict[str, object] = {"author": "ada", "reason": "slow", "via": "command-line"} | fields
    return Draft(kind=kind, upstream=upstream, **known)  # type: ignore[arg-type]


def load(*counts: tuple[str, str, str, int]) -> Load:
    """So many exchanges of these (model, workload, upstream)."""
    return Load({Asked(model, workload, "acme", upstream): number for model, workload, upstream, number in counts})

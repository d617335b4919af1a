from pathlib import Path

import pytest

from mainstay.config.from_environment import demo
from mainstay.engine.board import Verdict
from mainstay.engine.breaker import BreakerState
from mainstay.engine.key import Key
from mainstay.lab.provider.fault import OK
from mainstay.lab.provider.perform import perform
from mainstay.lab.provider.request import Personality
from mainstay.lab.virtual.driver import Heard
from mainstay.lab.virtual.process import LazyDice, Surroundings, VirtualProcess
from mainstay.lab.virtual.rehearsal import HashingJournal
from mainstay.lab.virtual.timeline import Timeline
from mainstay.lab.virtual.traffic import Arrival
from mainstay.lab.virtual.upstreams import Place, VirtualUpstreams
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.records import ExchangeRecord, Record
from mainstay.wire.registry import SPEECH

BODY = b'{"model":"claude-demo","max_tokens":50,"messages":[{"role":"user","content":"hum?"}]}'
SHED = Fault(FaultKind.SHED, "too many", code="shed", wait_seconds=7.0)


def arrival(body: bytes = BODY, workload: str = "default") -> Arrival:
    return Arrival(1, 0.0, "/v1/messages", (), body, workload, "acme", 2.0)


class Story:
    """One process that is asked one thing."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        snapshot = demo(("http://a", "http://b"), ("http://c/v1", "http://d/v1"), Path("/nowhere"))
        self.timeline = Timeline()
        places = {name: Place(Personality(name=name)) for name in ("claude-primary", "claude-standby")}
        world = VirtualUpstreams(self.timeline, places, lambda *_: OK, perform)
        around = Surroundings(self.timeline, world, snapshot, SPEECH, HashingJournal(self.records.append))
        self.process = VirtualProcess(around, "one")

    def ask(self, one: Arrival, tries: int = 1) -> Heard:
        heard: list[Heard] = []
        self.process.ask(one, heard.append, tries)
        self.timeline.run()
        (only,) = heard
        return only


def test_a_request_is_answered_for_its_tenant() -> None:
    story = Story()
    heard = story.ask(arrival())
    assert (heard.status, heard.finished, heard.fault) == (200, True, None)
    (record,) = (one for one in story.records if isinstance(one, ExchangeRecord))
    assert (record.id, record.tenant, record.workload) == ("ex_one_1", "acme", "default")


def test_each_try_of_a_client_is_an_exchange_of_its_own() -> None:
    story = Story()
    story.ask(arrival(), tries=2)
    assert [one.id for one in story.records if isinstance(one, ExchangeRecord)] == ["ex_one_1_2"]


def test_whoever_is_turned_away_at_the_door_hears_it_in_his_dialect(monkeypatch: pytest.MonkeyPatch) -> None:
    story = Story()
    monkeypatch.setattr(story.process.pressure, "binds", True)
    monkeypatch.setattr(story.process.pressure, "refusal", lambda *_: SHED)
    heard = story.ask(arrival())
    assert heard.fault == SHED
    assert heard.status == 529
    assert b"overloaded_error" in heard.body
    assert dict(heard.headers)["retry-after"] == "7"


def test_what_cannot_be_read_or_is_not_known_is_refused() -> None:
    story = Story()
    assert story.ask(arrival(b"{")).status == 400
    assert story.ask(arrival(workload="nobody's")).status == 400
    assert story.process.asked == 2


def test_dice_follow_from_their_seed() -> None:
    one, again, other = LazyDice("a"), LazyDice("a"), LazyDice("b")
    throws = [one() for _ in range(3)]
    assert throws == [again() for _ in range(3)] != [other() for _ in range(3)]


def test_what_one_learns_another_hears() -> None:
    story = Story()
    key = Key("claude-primary", "claude-demo", "")
    for _ in range(5):
        story.process.board.ended(key, Verdict.BAD, 1.0, 0.5, started_at=0.5, repetition=False, reason="server")
    other = Story().process
    bulletin = story.process.news(1.0)
    assert not bulletin.is_empty
    assert story.process.news(1.0).is_empty, "once"
    other.hear(bulletin, 1.05)
    assert other.board.breakers()[key].state is BreakerState.OPEN
    assert story.process.news(2.0, everything=True).health.breakers == bulletin.health.breakers

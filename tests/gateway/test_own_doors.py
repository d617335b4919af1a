import msgspec
import pytest

from mainstay.engine.board import Board
from mainstay.gateway.metrics import Metrics
from mainstay.gateway.own_doors import NoTrust, OwnDoors, Parts, TrustBoard
from mainstay.gateway.status import Part
from mainstay.ledger.writing.status import JournalStatus
from mainstay.model.fault import Fault
from mainstay.model.http import Reply
from mainstay.model.records import Record
from tests.gateway.rig import snapshot


class ToldJournal:
    """A journal that is as it is told."""

    def __init__(self, status: JournalStatus) -> None:
        self.now = status

    @property
    def trouble(self) -> str | None:
        return self.now.trouble

    def status(self) -> JournalStatus:
        return self.now

    def write(self, record: Record) -> None:
        raise AssertionError(record)


class OneBundle:
    """Takes any bundle that says `newer`."""

    def __init__(self) -> None:
        self.text: str | None = "bundle-1"

    def bundle(self) -> str | None:
        return self.text

    def offer(self, bundle_text: str) -> str | None:
        if "newer" not in bundle_text:
            return "not newer"
        self.text = bundle_text
        return None


def doors(
    journal: JournalStatus | None = None, parts: Parts = tuple, trust: TrustBoard | None = None
) -> tuple[OwnDoors, ToldJournal]:
    told = ToldJournal(journal or JournalStatus())
    metrics = Metrics(version="1", upstreams=("alpha",), models=("claude",))
    return OwnDoors(Board(), told, metrics, parts, trust or OneBundle()), told


def body(reply: Reply | Fault) -> dict[str, object]:
    assert isinstance(reply, Reply)
    return msgspec.json.decode(reply.body, type=dict[str, object])


def test_a_gateway_without_trouble_says_nothing_of_itself() -> None:
    own, _ = doors()
    assert own.trouble(0.0) == ""
    assert own.why_no_durable_work() == ""


def test_its_own_troubles_are_named_and_those_of_upstreams_are_not() -> None:
    parts = (Part("shared", None, "unreachable"), Part("credentials", {}, "one is dead", is_own=False))
    own, _ = doors(JournalStatus(trouble="disk full"), lambda: parts)
    assert own.trouble(0.0) == "gateway in trouble: journal, shared"


def test_troubles_are_looked_up_once_a_second_for_all_exchanges() -> None:
    own, journal = doors()
    assert own.trouble(100.0) == ""
    journal.now = JournalStatus(trouble="disk full")
    assert own.trouble(100.9) == ""
    assert own.trouble(101.0) == "gateway in trouble: journal"


@pytest.mark.parametrize(
    ("journal", "why"), [(JournalStatus(trouble="no disk"), "cannot write"), (JournalStatus(full=True), "is full")]
)
def test_nothing_durable_begins_while_the_journal_cannot_take_it(journal: JournalStatus, why: str) -> None:
    assert why in doors(journal)[0].why_no_durable_work()


def test_who_is_not_known_learns_no_more_than_whether_traffic_is_welcome() -> None:
    own, _ = doors(parts=lambda: (Part("identity", {"keys": 1}, "file unreadable"),))
    known = body(own.ready(snapshot(), draining=False, is_known=True))
    unknown = body(own.ready(snapshot(), draining=False, is_known=False))
    assert set(known) == {"status", "version", "journal", "upstreams", "identity", "troubles"}
    assert set(unknown) == {"status", "version"}
    assert known["status"] == unknown["status"] == "degraded"


def test_the_trust_bundle_is_given_and_a_newer_one_is_taken() -> None:
    own, _ = doors()
    given = own.trust_reply(None, 0.0)
    assert isinstance(given, Reply)
    assert given.body == b"bundle-1"
    taken = own.trust_reply(b" newer-2\n", 0.0)
    assert isinstance(taken, Reply)
    assert taken.body == b"newer-2"


def test_a_bundle_that_does_not_prove_itself_is_refused() -> None:
    fault = doors()[0].trust_reply(b"\xff\x00forged", 0.0)
    assert isinstance(fault, Fault)
    assert (fault.status, fault.code) == (409, "trust_bundle_refused")


def test_a_gateway_without_keys_has_no_bundle_and_takes_none() -> None:
    own, _ = doors(trust=NoTrust())
    offered, asked = own.trust_reply(b"newer", 0.0), own.trust_reply(None, 0.0)
    assert isinstance(offered, Fault)
    assert isinstance(asked, Fault)
    assert (offered.status, asked.status) == (409, 404)


def test_metrics_count_what_runs() -> None:
    assert b"mainstay_exchanges_running 7.0" in doors()[0].metrics_reply(7).body


def test_the_page_of_readiness_names_the_state_of_each_upstream() -> None:
    assert body(doors()[0].ready(snapshot(), draining=True, is_known=True))["upstreams"] == {
        "alpha": "closed",
        "beta": "closed",
    }


def test_only_a_few_offers_are_looked_at_in_a_second() -> None:
    own, _ = doors()
    codes = [fault.code for _ in range(6) if isinstance(fault := own.trust_reply(b"old", 50.0), Fault)]
    assert codes == ["trust_bundle_refused"] * 5 + ["too_many_offers"]
    assert isinstance(own.trust_reply(b"newer", 51.0), Reply)

"""What a worker works with: which parts there are, what they say of themselves, and what nobody can serve without."""

import asyncio
import os
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
import pytest

from mainstay.config.load import load_text
from mainstay.config.snapshot import Snapshot
from mainstay.gateway.app import Gateway
from mainstay.gateway.auth.registrar import Registrar, Wish
from mainstay.gateway.auth.trust_folder import TrustFolder
from mainstay.gateway.equipment import OPEN, Berthing, Equipment, NobodyCanCallError, UnusableProxyError
from mainstay.gateway.identity import id_maker
from mainstay.gateway.orders.folder import OrderFolder
from mainstay.gateway.shared.address import UnusableSharedUrlError
from mainstay.gateway.status import Part
from mainstay.gateway.supervisor.standing import ConfigurationStanding
from mainstay.ledger.files import JournalFile, journal_path
from mainstay.ledger.reader import RecordReader
from mainstay.ledger.writing.journal import FileJournal
from mainstay.model.orders import Order, OrderKind
from mainstay.model.records import OrderRecord
from mainstay.wire.registry import SPEECH

YAML = """
gateway: {listen: "127.0.0.1:0", workers: 2}
upstreams: {alpha: {dialect: anthropic, base_url: "http://alpha"}}
models: {first: {candidates: [{upstream: alpha}]}}
"""
TOKENS = "auth: {callers: tokens}\n"
GATEWAY = "0123456789abcdef"
Told = Callable[[Equipment, Gateway], object]


class Rig:
    """Equipment on a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "mainstay-data"
        self.told: list[str] = []

    def snapshot(self, more: str = "", environment: dict[str, str] | None = None) -> Snapshot:
        loaded = load_text((YAML + more).encode(), self.folder, environment or {})
        assert loaded.snapshot is not None, loaded.mistakes
        return loaded.snapshot

    def run(
        self,
        snapshot: Snapshot,
        look: Told = lambda _equipment, _gateway: None,
        number: int = 0,
        id_trouble: str = "",
    ) -> None:
        """Make everything, open it, look at it, close it."""

        async def work() -> None:
            file = JournalFile(journal_path(self.state, number), time.time, gateway=GATEWAY)
            berthing = Berthing(GATEWAY, number, FileJournal(file, self.told.append), id_maker(), self.told.append)
            berthing = msgspec.structs.replace(berthing, id_trouble=id_trouble)
            async with AsyncExitStack() as stack:
                equipment = Equipment(snapshot, SPEECH, berthing)
                look(equipment, equipment.open(stack))

        asyncio.run(work())

    def mint(self) -> None:
        """Make a token, and with it the key."""
        Registrar(TrustFolder(self.state), time.time, os.urandom).mint(Wish("team", "ci", days=1))

    def parts(self, snapshot: Snapshot) -> dict[str, Part]:
        found: dict[str, Part] = {}
        self.run(snapshot, lambda equipment, _gateway: found.update({part.name: part for part in equipment.parts()}))
        return found


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def test_each_part_says_how_it_is(rig: Rig) -> None:
    parts = rig.parts(rig.snapshot())
    assert {"drafts", "identity", "spending", "sharing"} <= set(parts)
    assert {name for name, part in parts.items() if part.trouble} == set()


def test_without_drafts_there_is_no_such_part(rig: Rig) -> None:
    assert "drafts" not in rig.parts(rig.snapshot("drafts: off\n"))


def test_a_disk_that_takes_no_drafts_keeps_nobody_from_serving(rig: Rig) -> None:
    rig.state.mkdir()
    (rig.state / "drafts").write_text("in the way")
    part = rig.parts(rig.snapshot())["drafts"]
    assert part.trouble == f"{rig.state / 'drafts'}: File exists"
    assert any("drafts: none can be kept yet" in line for line in rig.told)


def test_what_the_state_folder_does_not_take_is_said(rig: Rig) -> None:
    assert "state" not in rig.parts(rig.snapshot())
    standing = ConfigurationStanding("ab", 1.0, disk_trouble="nobody can go back to it later")
    found: list[Part] = []

    def look(equipment: Equipment, _gateway: Gateway) -> None:
        equipment.configuration = standing
        found.extend(part for part in equipment.parts() if part.name == "state")

    rig.run(rig.snapshot(), look, id_trouble="a name of its own")
    assert [part.trouble for part in found] == ["a name of its own; nobody can go back to it later"]
    assert found[0].is_own


def test_an_open_gateway_says_so_once_for_all_its_workers(rig: Rig) -> None:
    rig.run(rig.snapshot(), number=0)
    rig.run(rig.snapshot(), number=1)
    assert rig.told.count(OPEN) == 1


def test_where_callers_need_tokens_somebody_must_have_made_one(rig: Rig) -> None:
    with pytest.raises(NobodyCanCallError, match="mainstay token mint"):
        rig.run(rig.snapshot(TOKENS))


def test_a_key_or_an_issuer_is_enough_to_serve(rig: Rig) -> None:
    issuer = "auth: {callers: tokens, issuers: [{issuer: 'http://127.0.0.1:1', audience: a, tenant: t}]}\n"
    rig.run(rig.snapshot(issuer))
    rig.mint()
    rig.run(rig.snapshot(TOKENS))
    assert OPEN not in rig.told


def test_the_parts_follow_a_new_configuration(rig: Rig) -> None:
    rig.mint()
    required: list[bool] = []

    def look(equipment: Equipment, _gateway: Gateway) -> None:
        required.append(equipment.gate.required)
        equipment.replace(rig.snapshot(TOKENS))
        required.append(equipment.gate.required)

    rig.run(rig.snapshot(), look)
    assert required == [False, True]


def test_workers_that_the_configuration_has_no_more_are_not_waited_for(rig: Rig) -> None:
    names = (f"{GATEWAY}/1", f"{GATEWAY}/7", "fedcba9876543210/7")
    first = rig.snapshot()

    def expect(equipment: Equipment, _gateway: Gateway) -> None:
        equipment.spending.allowances.peers.expect(names)

    kept: list[set[str]] = []
    rig.run(first, expect)
    rig.run(first, lambda equipment, _gateway: kept.append(set(equipment.spending.allowances.peers.names)))
    assert kept == [{f"{GATEWAY}/1", "fedcba9876543210/7"}]


def test_the_worker_that_is_asked_tells_the_metrics_of_all(rig: Rig) -> None:
    pages: list[bytes] = []

    def look(_equipment: Equipment, gateway: Gateway) -> None:
        pages.append(gateway.own.all_pages(b"# HELP a b\na 1\n"))

    rig.run(rig.snapshot(), look)
    rig.run(rig.snapshot(), look, number=1)
    assert pages == [b'# HELP a b\na{worker="0"} 1\n', b'# HELP a b\na{worker="1"} 1\n']


def test_a_shared_store_with_an_address_that_makes_no_sense_is_refused(rig: Rig) -> None:
    snapshot = rig.snapshot("shared: env:SHARED\n", {"SHARED": "postgresql://somewhere"})
    with pytest.raises(UnusableSharedUrlError):
        rig.run(snapshot)


def test_a_proxy_that_cannot_be_used_is_named(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:1")
    with pytest.raises(UnusableProxyError, match="proxy settings of the environment"):
        rig.run(rig.snapshot())


def test_whether_the_store_takes_records_is_told_where_one_is_configured(rig: Rig) -> None:
    assert "shipping" not in rig.parts(rig.snapshot())
    dsn = {"STORE": "postgresql://somebody:secret@127.0.0.1:1/none"}
    assert rig.parts(rig.snapshot("store: env:STORE\n", dsn))["shipping"].trouble is None


def test_an_order_in_the_state_folder_is_followed_from_the_first_request_and_that_is_written_down(rig: Rig) -> None:
    drain = Order("ORD-AAAA", OrderKind.DRAIN, "ada", "slow", time.time(), time.time() + 600, "alpha")
    folder = OrderFolder(rig.state)
    with folder.lock():
        folder.keep(drain)
    found: dict[str, Part] = {}
    in_force: list[tuple[Order, ...]] = []

    def look(equipment: Equipment, gateway: Gateway) -> None:
        found.update({part.name: part for part in equipment.parts()})
        in_force.append(gateway._orders.in_force())
        assert b'mainstay_orders_in_force{kind="drain"} 1.0' in gateway.own.metrics_page(0)

    rig.run(rig.snapshot(), look)
    assert in_force == [(drain,)]
    assert found["orders"].trouble is None
    with RecordReader(journal_path(rig.state, 0)) as reader:
        records = [row.record() for row in reader.tail(100)]
    followed = [one for one in records if isinstance(one, OrderRecord)]
    assert [(one.order, one.event, one.by) for one in followed] == [(drain, "followed", f"{GATEWAY}/0")]


def test_a_folder_of_orders_that_cannot_be_used_is_told_and_keeps_nobody_from_serving(rig: Rig) -> None:
    rig.state.mkdir()
    (rig.state / "orders").write_text("in the way")
    part = rig.parts(rig.snapshot())["orders"]
    assert part.trouble is not None
    assert "going on with the orders that are known" in part.trouble

import httpx
import pytest
from starlette.types import ASGIApp

from mainstay.control.lease import LeaseStatus
from mainstay.control.people.cookie_keys import key_path
from mainstay.control.shipping.status import Finding, ShippingStatus
from mainstay.control.web.overview import CHAINS_SHOWN_MAX
from mainstay.ledger.writing.status import JournalStatus
from tests.control.stand import Browser, Stand, shipping

NASTY = "<script>alert(1)</script>"


async def overview(app: ASGIApp, path: str = "/") -> httpx.Response:
    browser = Browser(app)
    await browser.log_in("vera")
    answer = await browser.get(path)
    assert answer.status_code == 200
    return answer


def test_both_planes_are_shown_to_a_viewer(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        peopled.shipping = shipping(lag_records=5, lag_seconds=120.0)
        peopled.lease = LeaseStatus(is_held=True, holder="ops-1", epoch=3)
        text = (await overview(app)).text
        for words in (
            "127.0.0.1:1",
            "does not answer",
            "catching up",
            "5 records",
            "2 min",
            "node/0",
            "ops-1",
            "epoch 3",
        ):
            assert words in text
        assert "open" not in text.partition("<main")[0].partition("</head>")[2]

    peopled.play(scene)


def test_the_same_is_there_as_json(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        peopled.shipping = shipping("the store does not answer", 5, 120.0)
        peopled.lease = LeaseStatus(is_held=False, holder="", epoch=0)
        body = (await overview(app, "/api/overview")).json()
        assert body["control"]["status"] == "degraded"
        assert body["control"]["troubles"] == ["the store does not answer"]
        assert body["gateway"]["state"] is None
        assert body["shipping"]["chains"] == [{"name": "node/0", "shipped": 7, "newest": 12}]
        assert body["lease"] == {"is_held": False, "holder": "", "epoch": 0, "trouble": None}

    peopled.play(scene)


def test_parts_that_do_not_run_are_said_not_to(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        assert "Nothing ships the journals from here" in (await overview(app)).text
        body = (await overview(app, "/api/overview")).json()
        assert (body["shipping"], body["lease"]) == (None, None)

    peopled.play(scene)


@pytest.mark.parametrize("where", ["trouble", "chain", "holder", "finding"])
def test_what_others_wrote_is_shown_and_not_obeyed(peopled: Stand, where: str) -> None:
    async def scene(app: ASGIApp) -> None:
        peopled.shipping = ShippingStatus(
            trouble=NASTY if where == "trouble" else None,
            chains={NASTY if where == "chain" else "node/0": (0, 0)},
            lag_records=0,
            lag_seconds=0.0,
            findings=(Finding(NASTY, NASTY, NASTY, 0.0),) if where == "finding" else (),
        )
        peopled.lease = LeaseStatus(is_held=False, holder=NASTY if where == "holder" else "", epoch=1)
        text = (await overview(app)).text
        assert NASTY not in text
        assert "&lt;script&gt;" in text

    peopled.play(scene)


def test_of_very_many_chains_those_that_are_behind_are_shown(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        chains = {f"node/{number}": (10, 10) for number in range(1_000)} | {"late": (1, 9)}
        peopled.shipping = ShippingStatus(trouble=None, chains=chains, lag_records=8, lag_seconds=1.0)
        shown = (await overview(app, "/api/overview")).json()["shipping"]["chains"]
        assert len(shown) == CHAINS_SHOWN_MAX
        assert shown[0]["name"] == "late"

    peopled.play(scene)


def test_trouble_with_our_own_files_is_shown(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        browser = Browser(app)
        await browser.log_in("vera")
        key_path(peopled.state).write_bytes(b"")
        peopled.accounts.path.write_bytes(b"")
        troubles = (await browser.get("/api/overview")).json()["control"]["troubles"]
        assert [trouble.partition(":")[0].rpartition("/")[2] for trouble in troubles] == ["people.json", "cookie.key"]

    peopled.play(scene)


def test_an_open_control_plane_says_so_on_every_page(stand: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        for path in ("/", "/people", "/logout", "/nothing"):
            assert "This control plane is open." in (await Browser(app).get(path)).text

    stand.play(scene)


def test_what_was_found_in_the_journals_is_shown_newest_first(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        found = tuple(Finding("store-gap", "node/0", f"finding {number}.", 1e300) for number in range(30))
        peopled.shipping = ShippingStatus(findings=found)
        text = (await overview(app)).text
        assert "finding 29." in text
        assert text.index("finding 29.") < text.index("finding 28.")
        assert "finding 1." not in text

    peopled.play(scene)


@pytest.mark.parametrize(
    ("journal", "words"),
    [
        (JournalStatus("disk full", 5), "what people do here is not written down now; 5 records wait: disk full"),
        (JournalStatus(dropped=3), "3 records of what people did here are lost"),
        (JournalStatus(full=True), "the journal of the control plane is full"),
    ],
)
def test_a_journal_in_trouble_keeps_nobody_out_and_is_shown(peopled: Stand, journal: JournalStatus, words: str) -> None:
    async def scene(app: ASGIApp) -> None:
        peopled.journal = journal
        assert words in (await overview(app)).text
        body = (await overview(app, "/api/overview")).json()
        assert body["control"]["status"] == "degraded"
        assert body["journal"]["pending"] == journal.pending

    peopled.play(scene)


def test_a_journal_that_writes_is_shown(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        peopled.journal = JournalStatus(written=41, pending=2)
        assert "41 records written, 2 wait" in (await overview(app)).text

    peopled.play(scene)

from starlette.types import ASGIApp

from mainstay.control.lease import LeaseStatus
from mainstay.control.people.cookie_keys import key_path
from mainstay.ledger.writing.status import JournalStatus
from tests.control.stand import Browser, Stand, shipping


def test_it_lives_and_tells_its_version(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        browser = Browser(app)
        answer = await browser.get("/livez")
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
        assert answer.headers["cache-control"] == "no-store"
        assert (await browser.get("/version")).json() == {"name": "mainstay", "version": "1.2.3"}
        assert (await browser.head("/readyz")).status_code == 200

    peopled.play(scene)


def test_it_is_ready(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        answer = await Browser(app).get("/readyz")
        assert answer.status_code == 200
        assert answer.json() == {"status": "ready", "version": "1.2.3", "people": "local"}

    peopled.play(scene)


def test_while_draining_it_lives_but_is_not_ready(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        peopled.draining = True
        answer = await Browser(app).get("/readyz")
        assert (answer.status_code, answer.json()["status"]) == (503, "draining")
        assert (await Browser(app).get("/livez")).status_code == 200

    peopled.play(scene)


def test_an_outage_of_the_store_is_told_and_is_no_reason_to_be_left_alone(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        peopled.shipping = shipping("x" * 5_000, 5, 2.0)
        peopled.lease = LeaseStatus(is_held=False, holder="other", epoch=4)
        answer = await Browser(app).get("/readyz")
        body = answer.json()
        assert (answer.status_code, body["status"]) == (200, "degraded")
        assert body["store"] == {"trouble": "x" * 300, "lag_records": 5, "lag_seconds": 2.0, "findings": 0}
        assert body["lease"] == {"is_held": False, "holder": "other", "epoch": 4, "trouble": None}
        assert "people_degraded" not in body

    peopled.play(scene)


def test_trouble_with_accounts_is_told_without_naming_files(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        key_path(peopled.state).write_bytes(b"")
        body = (await Browser(app).get("/readyz")).json()
        assert body == {"status": "degraded", "version": "1.2.3", "people": "local", "people_degraded": True}

    peopled.play(scene)


def test_it_says_when_it_runs_open(stand: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        assert (await Browser(app).get("/readyz")).json()["people"] == "open"

    stand.play(scene)


def test_a_journal_that_does_not_write_is_told_without_naming_files(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        peopled.journal = JournalStatus(written=7)
        body = (await Browser(app).get("/readyz")).json()
        assert (body["status"], body["journal"]) == ("ready", {"degraded": False, "pending": 0, "dropped": 0})
        peopled.journal = JournalStatus("/var/state/journal-control.sqlite: disk full", 5, 7, 2)
        answer = await Browser(app).get("/readyz")
        body = answer.json()
        assert (answer.status_code, body["status"]) == (200, "degraded")
        assert body["journal"] == {"degraded": True, "pending": 5, "dropped": 2}
        assert "/var/state" not in answer.text

    peopled.play(scene)

import msgspec
import pytest
from starlette.types import ASGIApp

from mainstay.control.search.hit import Hit
from mainstay.control.web.ledger_pages import attempt_bars
from mainstay.model.records import AttemptRecord
from tests.control.office import Office
from tests.control.stand import Browser, Stand
from tests.ledger.conftest import alert, attempt, exchange


async def viewer(app: ASGIApp) -> Browser:
    browser = Browser(app)
    await browser.log_in("vera")
    return browser


def test_records_are_found_and_shown_whole(peopled: Stand, office: Office) -> None:
    office.store.ship(attempt(1), attempt(2), exchange(), alert("al_1", at=2_000.0))

    async def scene(app: ASGIApp) -> None:
        browser = await viewer(app)
        text = (await browser.get("/ledger?kind=alert")).text
        assert "1 found" in text
        assert "/ledger/al_1" in text
        assert "looked at all" in text.lower()
        one = (await browser.get("/ledger/ex_1")).text
        assert one.count("<svg") == 2
        assert "record 3" in one
        assert "al_1" in (await browser.get("/ledger/al_1")).text
        assert (await browser.get("/ledger/none")).status_code == 404

    peopled.play(scene)


def test_the_search_goes_on_where_it_ended(peopled: Stand, office: Office) -> None:
    office.store.ship(*(alert(f"al_{number}", at=float(number)) for number in range(5)))

    async def scene(app: ASGIApp) -> None:
        browser = await viewer(app)
        first = (await browser.get("/api/ledger?limit=3")).json()
        rest = (await browser.get("/api/ledger", params={"limit": "3", "after": first["after"]})).json()
        ids = [one["id"] for page in (first, rest) for one in page["records"]]
        assert ids == [f"al_{number}" for number in (4, 3, 2, 1, 0)]
        assert "Older ones" in (await browser.get("/ledger?limit=3")).text
        raw = (await browser.get("/api/ledger/al_1")).json()["records"][0]
        assert (raw["sequence"], raw["record"]["id"]) == (2, "al_1")

    peopled.play(scene)


@pytest.mark.parametrize("query", ["since=yesterday", "kind=none", "limit=0", "after=nowhere", "text=" + "x" * 300])
def test_what_cannot_be_looked_for_is_said(peopled: Stand, office: Office, query: str) -> None:
    del office

    async def scene(app: ASGIApp) -> None:
        browser = await viewer(app)
        page, answer = await browser.get(f"/ledger?{query}"), await browser.get(f"/api/ledger?{query}")
        assert (page.status_code, answer.status_code) == (400, 400)
        assert 'role="alert"' in page.text

    peopled.play(scene)


def hit(record: AttemptRecord) -> Hit:
    line = msgspec.json.encode(record).decode()
    return Hit("ch_0", 1, record.id, "attempt", record.at, record.exchange, "local", line)


def test_attempts_stand_where_they_were_in_time() -> None:
    first = msgspec.structs.replace(attempt(1, at=104.0), total_seconds=4.0, first_content_seconds=None)
    second = msgspec.structs.replace(attempt(2, at=110.0), total_seconds=5.0, first_content_seconds=1.0)
    bars = attempt_bars((hit(second), hit(first)))
    assert [(bar.record.number, bar.x, bar.width, bar.content_at) for bar in bars] == [
        (1, 0.0, 400.0, None),
        (2, 500.0, 500.0, 600.0),
    ]
    assert attempt_bars(()) == ()

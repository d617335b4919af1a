from starlette.types import ASGIApp

from mainstay.ops.trouble.reports import Level
from tests.control.office import Office
from tests.control.stand import Browser, Stand


async def viewer(app: ASGIApp) -> Browser:
    browser = Browser(app)
    await browser.log_in("vera")
    return browser


def test_it_says_what_the_public_reads_and_what_a_draft_would_say(peopled: Stand, office: Office) -> None:
    office.incident()
    office.incident("A secret matter", is_private=True)
    office.publish()
    office.levels = (Level("model:first", 7, 1.0, 5),)

    async def scene(app: ASGIApp) -> None:
        browser = await viewer(app)
        text = (await browser.get("/status-page")).text
        assert "Alpha is down" in text
        assert "A secret matter" not in text
        assert "1 private incident" in text
        assert "unusual" in text
        draft = "/status-page?incident=INC-1&status=monitoring&text=It+gets+better."
        shown = (await browser.get(draft)).text.partition("So it would read")[2]
        assert "It gets better." in shown
        assert "monitoring" in shown
        private = (await browser.get("/status-page?incident=INC-2")).text
        assert "So it would read" not in private

    peopled.play(scene)
    state = office.incidents.read("INC-1")
    assert state is not None
    assert state.number == 1


def test_before_the_page_is_made_that_is_said(peopled: Stand, office: Office) -> None:
    del office

    async def scene(app: ASGIApp) -> None:
        browser = await viewer(app)
        assert "has not been made yet" in (await browser.get("/status-page")).text
        body = (await browser.get("/api/status")).json()
        assert (body["page"], body["is_public"]) == (None, False)
        assert (await browser.get("/api/trouble")).json() == {"levels": []}

    peopled.play(scene)


def test_an_old_page_is_told_to_be_old(peopled: Stand, office: Office) -> None:
    office.publish()

    async def scene(app: ASGIApp) -> None:
        browser = await viewer(app)
        assert ">old<" not in (await browser.get("/status-page")).text
        peopled.wall += 600.0
        assert ">old<" in (await browser.get("/status-page")).text

    peopled.play(scene)

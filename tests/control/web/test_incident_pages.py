from starlette.types import ASGIApp

from mainstay.model.incident import IncidentStatus, Moved
from tests.control.office import ANN, Office
from tests.control.stand import Browser, Stand

PATH = "/incidents/INC-1"
NASTY = "<script>alert(1)</script>"


async def operator(app: ASGIApp) -> Browser:
    browser = Browser(app)
    await browser.log_in("otto")
    return browser


def test_an_incident_is_opened_by_hand_once_however_often_the_form_is_sent(peopled: Stand, office: Office) -> None:
    async def scene(app: ASGIApp) -> None:
        browser = await operator(app)
        form = {"title": NASTY, "impact": "major", "minutes": "5", "text": "We look.", "key": "1"}
        for _ in range(2):
            answer = await browser.send_form("/incidents/open", form, page="/incidents/open")
            assert (answer.status_code, answer.headers["location"]) == (303, PATH)
        text = (await browser.get(PATH)).text
        assert NASTY not in text
        assert "&lt;script&gt;" in text
        bad = await browser.send_form("/incidents/open", {**form, "title": "", "key": "2"}, page="/incidents/open")
        assert bad.status_code == 400
        assert "We look." in bad.text

    peopled.play(scene)
    state = office.incidents.read("INC-1")
    assert state is not None
    assert (state.opened_at - state.started_at, state.timeline[0].by) == (300.0, "otto")


def test_what_people_do_is_in_the_timeline(peopled: Stand, office: Office) -> None:
    office.incident()

    async def scene(app: ASGIApp) -> None:
        browser = await operator(app)
        seen = "1"
        for form in (
            {"act": "acknowledge"},
            {"act": "post", "text": "We know more."},
            {"act": "move", "status": "identified", "text": ""},
            {"act": "role", "role": "commander"},
        ):
            answer = await browser.send_form(f"{PATH}/act", {**form, "seen": seen}, page=PATH)
            assert (answer.status_code, answer.headers["location"]) == (303, PATH)
        text = (await browser.get(PATH)).text
        for words in ("told everybody: We know more.", "identified", "commander is otto", "The next public update"):
            assert words in text
        assert ">Acknowledge<" not in text

    peopled.play(scene)


def test_a_stale_form_is_told_what_others_did_and_keeps_its_text(peopled: Stand, office: Office) -> None:
    office.incident()

    async def scene(app: ASGIApp) -> None:
        browser = await operator(app)
        office.incidents.add("INC-1", Moved(IncidentStatus.MONITORING, "Ann saw it."), ANN)
        form = {"act": "move", "status": "resolved", "text": "All is well.", "seen": "1"}
        answer = await browser.send_form(f"{PATH}/act", form, page=PATH)
        assert answer.status_code == 409
        assert "This was not done." in answer.text
        assert "Ann was first" in answer.text or "ann was first" in answer.text
        assert "All is well.</textarea>" in answer.text

    peopled.play(scene)


def test_what_cannot_be_is_refused(peopled: Stand, office: Office) -> None:
    office.incident()

    async def scene(app: ASGIApp) -> None:
        browser = await operator(app)
        answer = await browser.send_form(f"{PATH}/act", {"act": "told"}, page=PATH)
        assert answer.status_code == 400
        assert (await browser.get("/incidents/INC-9")).status_code == 404
        assert (await browser.get("/incidents/x")).status_code == 404
        assert (await browser.get(f"{PATH}/report/exe")).status_code == 404
        assert (await browser.get("/incidents/INC-9/report/md")).status_code == 404

    peopled.play(scene)


def test_the_list_says_which_are_open_and_finds_words(peopled: Stand, office: Office) -> None:
    office.incident("First trouble")
    office.incident("Second trouble", is_private=True)
    office.incidents.add("INC-1", Moved(IncidentStatus.RESOLVED, "Over."), ANN)

    async def scene(app: ASGIApp) -> None:
        browser = await operator(app)
        opened, _, past = (await browser.get("/incidents")).text.partition('id="past"')
        assert "Second trouble" in opened
        assert "First trouble" in past
        assert "First trouble" not in opened
        found = (await browser.get("/incidents?search=first")).text
        assert "First trouble" in found
        assert "Second trouble" not in found
        older = (await browser.get("/incidents?before=INC-2")).text
        assert "Second trouble" not in older

    peopled.play(scene)


def test_reports_are_files(peopled: Stand, office: Office) -> None:
    office.incident()

    async def scene(app: ASGIApp) -> None:
        browser = await operator(app)
        for form, begin in (("md", b"# "), ("html", b"<!doctype html>"), ("pdf", b"%PDF")):
            answer = await browser.get(f"{PATH}/report/{form}")
            assert answer.status_code == 200
            assert answer.headers["content-disposition"] == f'attachment; filename="INC-1.{form}"'
            assert answer.content.lower().startswith(begin.lower())

    peopled.play(scene)

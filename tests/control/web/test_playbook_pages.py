from starlette.types import ASGIApp

from tests.control.office import Office
from tests.control.stand import Browser, Stand
from tests.control.web.test_order_pages import send


async def logged_in(app: ASGIApp, name: str = "otto") -> Browser:
    browser = Browser(app)
    await browser.log_in(name)
    return browser


def test_a_playbook_is_planned_run_and_approved(peopled: Stand, office: Office) -> None:
    office.incident()

    async def scene(app: ASGIApp) -> None:
        browser = await logged_in(app)
        assert "help" in (await browser.get("/playbooks")).text
        plan = (await browser.get("/playbooks/help?incident=INC-1")).text
        assert "Drain alpha?" in plan
        assert office.desk_of_playbooks.runs() == ()
        begun = await browser.send_form("/playbooks/help/run", {"incident": "INC-1"}, page="/playbooks/help")
        assert begun.headers["location"] == "/runs/RUN-1"
        again = await browser.send_form("/playbooks/help/run", {"incident": "INC-1"}, page="/playbooks/help")
        assert (again.status_code, "under way" in again.text) == (409, True)
        office.runner.turn()
        assert "Approve" in (await browser.get("/runs/RUN-1")).text
        assert "RUN-1 of help" in (await browser.get("/")).text
        form = {"answer": "approve", "step": "ask", "comment": "go on"}
        assert (await browser.send_form("/runs/RUN-1/answer", form, page="/runs/RUN-1")).status_code == 303
        for _ in range(5):
            office.runner.turn()
        text = (await browser.get("/runs/RUN-1")).text
        assert "3 of 3 are over" in text
        assert "go on" in text
        late = await browser.send_form("/runs/RUN-1/answer", form, page="/logout")
        assert (late.status_code, "nothing to answer" in late.text) == (409, True)

    peopled.play(scene)
    assert [one.kind.value for one in office.orders.in_force()] == ["drain"]


def test_two_who_answer_at_once_are_told_who_was_first(peopled: Stand, office: Office) -> None:
    async def scene(app: ASGIApp) -> None:
        first, second = await logged_in(app), await logged_in(app, "ada")
        await first.send_form("/playbooks/help/run", {}, page="/playbooks/help")
        office.runner.turn()
        refusal = {"answer": "refuse", "step": "ask"}
        assert (await first.send_form("/runs/RUN-1/answer", refusal, page="/runs/RUN-1")).status_code == 303
        late = await second.send_form("/runs/RUN-1/answer", {"answer": "approve", "step": "ask"}, page="/runs/RUN-1")
        assert (late.status_code, "refused already" in late.text) == (409, True)

    peopled.play(scene)


def test_a_run_is_cancelled(peopled: Stand, office: Office) -> None:
    async def scene(app: ASGIApp) -> None:
        browser = await logged_in(app)
        await browser.send_form("/playbooks/help/run", {}, page="/playbooks/help")
        form = {"answer": "cancel", "comment": "not now", "undo": "yes"}
        assert (await browser.send_form("/runs/RUN-1/answer", form, page="/runs/RUN-1")).status_code == 303
        assert "Cancelled by" in (await browser.get("/runs/RUN-1")).text
        bad = await browser.send_form("/runs/RUN-1/answer", {"answer": "perhaps"}, page="/logout")
        assert bad.status_code == 400

    peopled.play(scene)
    state = office.desk_of_playbooks.read("RUN-1")
    assert state.cancelled is not None
    assert (state.cancelled_by, state.cancelled.is_undone) == ("otto", True)


def test_programs_do_the_same(peopled: Stand, office: Office) -> None:
    async def scene(app: ASGIApp) -> None:
        browser = await logged_in(app)
        assert [one["name"] for one in (await browser.get("/api/playbooks")).json()["playbooks"]] == ["help"]
        assert len((await browser.get("/api/playbooks/help/plan")).json()["steps"]) == 3
        begun = await send(browser, "/api/runs", {"playbook": "help"})
        assert (begun.status_code, begun.json()["run"]) == (201, "RUN-1")
        office.runner.turn()
        approved = await send(browser, "/api/runs/RUN-1/approve", {"comment": "yes"})
        assert approved.json()["votes"][0]["by"] == "otto"
        assert (await send(browser, "/api/runs/RUN-1/refuse", {})).status_code == 409
        assert (await send(browser, "/api/runs/RUN-1/cancel", {"more": 1})).status_code == 400
        assert (await browser.get("/api/runs")).json()["runs"][0]["run"] == "RUN-1"
        assert (await browser.get("/api/runs/RUN-9")).status_code == 404
        assert (await send(browser, "/api/runs", {"playbook": "none"})).status_code == 409
        assert (await send(browser, "/api/runs", {})).status_code == 400

    peopled.play(scene)


def test_what_is_not_there_is_said(peopled: Stand, office: Office) -> None:
    del office

    async def scene(app: ASGIApp) -> None:
        browser = await logged_in(app)
        for path in ("/playbooks/none", "/runs/RUN-9", "/runs/x"):
            assert (await browser.get(path)).status_code == 404, path
        assert "no incident" in (await browser.get("/playbooks/help?incident=INC-9")).text

    peopled.play(scene)

from mainstay.control.playbooks.desk import Request
from mainstay.control.playbooks.writing import Author
from mainstay.control.web.runs import RunView, run_view
from mainstay.ops.playbooks.approvals import Voter
from tests.control.office import Office


def view(office: Office) -> RunView:
    office.runner.turn()
    return run_view(office.desk_of_playbooks.read("RUN-1"), office.wall())


def test_a_run_is_shown_from_its_first_step_to_its_end(office: Office) -> None:
    name = office.incident().id
    office.desk_of_playbooks.run(Request("help", name), Author("ann", "local"))
    asking = view(office)
    assert (asking.state, asking.asks_step, asking.asks_role, asking.asks_text) == (
        "waits",
        "ask",
        "operator",
        "Drain alpha?",
    )
    assert [step.state for step in asking.steps] == ["waits", "comes", "comes"]
    assert (asking.done, asking.total) == (0, 3)
    office.desk_of_playbooks.approve("RUN-1", Voter("otto", "operator"), "local", comment="go on")
    for _ in range(5):
        over = view(office)
    assert (over.state, over.done, over.is_over, over.asks_step) == ("done", 3, True, "")
    assert [step.state for step in over.steps] == ["done", "done", "done"]
    assert over.steps[0].votes[0].comment == "go on"
    assert over.steps[1].results[0].startswith("ORD-")


def test_a_cancelled_run_has_nothing_to_come(office: Office) -> None:
    office.desk_of_playbooks.run(Request("help"), Author("ann", "local"))
    view(office)
    office.desk_of_playbooks.cancel("RUN-1", Author("bob", "local"))
    ending = run_view(office.desk_of_playbooks.read("RUN-1"), office.wall())
    assert (ending.state, ending.cancelled_by) == ("ending", "bob")
    assert [step.state for step in ending.steps] == ["cancelled"]

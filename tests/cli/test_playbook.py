"""`mainstay playbook`, as a person types it; on a real store, without a control plane."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mainstay.cli.people_evidence import user_name
from mainstay.cli.playbook import playbook_app
from mainstay.config.playbook_schema import READY_PLAYBOOKS
from mainstay.ledger.files import control_journal_path
from mainstay.ledger.reader import RecordReader
from mainstay.model.records import RunRecord

CONFIG = """
upstreams:
  anthropic: {dialect: anthropic, base_url: "http://127.0.0.1:9001", region: us}
  spare: {dialect: anthropic, base_url: "http://127.0.0.1:9002", region: eu}
models: {sonnet: {candidates: [{upstream: anthropic}, {upstream: spare}]}}
workloads: {default: {residency: [eu]}}
"""
MINE = """
playbooks:
  mine:
    description: "What I do."
    steps:
      - {id: ask, approve: {count: 2}}
      - {id: drain, order: {kind: drain, upstream: spare}}
"""


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mainstay.yaml").write_text(CONFIG + MINE)
    Path("mine.yaml").write_text(MINE)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(playbook_app, [*arguments])


def done(*arguments: str) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(*arguments: str) -> str:
    result = run(*arguments)
    assert result.exit_code == 1, result.output
    return result.stderr


def test_all_playbooks_are_listed() -> None:
    lines = done("list").splitlines()
    assert [line.split()[0] for line in lines] == sorted([*READY_PLAYBOOKS, "mine"])
    assert "by hand" in next(line for line in lines if line.startswith("mine"))
    assert {one["name"] for one in json.loads(done("list", "--json"))} == {*READY_PLAYBOOKS, "mine"}


def test_without_a_configuration_there_are_the_ready_ones() -> None:
    Path("mainstay.yaml").unlink()
    assert [line.split()[0] for line in done("list").splitlines()] == sorted(READY_PLAYBOOKS)


def test_a_playbook_is_shown() -> None:
    assert "order drain spare for 4 h" in done("show", "mine")
    assert json.loads(done("show", "mine", "--json"))["steps"][0]["id"] == "ask"
    assert done("show", "fail-back", "--yaml").startswith("#")
    assert "does not come with the product" in refused("show", "mine", "--yaml")
    assert "there is no playbook 'nix'; there are" in refused("show", "nix")


def test_a_plan_shows_what_would_be_done_and_does_nothing() -> None:
    shown = done("plan", "mine")
    assert "ask 2 people with the role operator" in shown
    assert "nothing was asked in the last 15 min" in shown
    assert shown.endswith("nothing of this was done\n")
    assert json.loads(done("plan", "mine", "--json"))["steps"][1]["order"]["upstream"] == "spare"
    assert not Path("mainstay-data").exists()


def test_a_plan_without_what_it_is_about_says_what_is_missing() -> None:
    assert "{run.upstream} is not known here" in done("plan", "provider-down")
    assert "probe upstream:anthropic" in done("plan", "provider-down", "--component", "upstream:anthropic")
    assert "there is no incident 'INC-3'" in refused("plan", "provider-down", "--incident", "INC-3")


def test_a_run_is_begun_seen_and_cancelled() -> None:
    assert done("run", "mine", "--component", "upstream:spare") == (
        "RUN-1 began; see it with: mainstay playbook runs RUN-1\n"
    )
    assert "RUN-1  mine  begins" in done("runs")
    assert "cause: by hand" in done("runs", "run-1")
    assert "is under way; cancel it first" in refused("run", "mine", "--component", "upstream:spare")
    assert "cancelled" in done("cancel", "RUN-1", "--why", "a mistake")
    assert json.loads(done("runs", "RUN-1", "--json"))[0]["cancelled"]["why"] == "a mistake"
    with RecordReader(control_journal_path(Path("mainstay-data"), 0)) as reader:
        records = [row.record() for row in reader.tail(9, "run")]
    found = [record for record in records if isinstance(record, RunRecord)]
    assert {(record.by, record.via) for record in found} == {(user_name(), "command-line")}


def test_what_is_not_asked_for_cannot_be_answered() -> None:
    done("run", "mine")
    assert "RUN-1 asks for nothing now" in refused("approve", "RUN-1")
    assert "RUN-1 asks for nothing now" in refused("refuse", "RUN-1", "--step", "ask", "--comment", "no")
    assert "there is no run 'RUN-2'" in refused("approve", "RUN-2")


def test_without_a_store_there_are_no_runs() -> None:
    result = run("runs")
    assert (result.exit_code, result.stderr) == (0, "no runs\n")
    assert json.loads(done("runs", "--json")) == []
    assert not Path("mainstay-data").exists()


def test_a_file_is_checked_with_all_its_mistakes() -> None:
    assert done("check", "mine.yaml") == "mine.yaml is good: mine\n"
    Path("mine.yaml").write_text(MINE.replace("spare", "spar").replace("count: 2", "count: 0"))
    told = refused("check", "mine.yaml")
    assert "mine.yaml:6: mistake: playbooks.mine.steps[0].approve.count must be a whole number" in told
    assert "did you mean spare?" in told
    assert "nothing was changed" in told


def test_an_order_that_residency_forbids_is_a_mistake() -> None:
    Path("mine.yaml").write_text(MINE.replace("kind: drain, upstream: spare", "kind: pin, upstream: anthropic"))
    told = refused("check", "mine.yaml")
    assert "playbooks.mine.steps[1].order would be refused" in told


def test_a_file_that_cannot_be_read_is_one_line() -> None:
    assert refused("check", "nix.yaml") == "nix.yaml: No such file or directory\n"


def test_without_a_configuration_names_are_not_checked() -> None:
    Path("mainstay.yaml").unlink()
    assert "were not checked: name the configuration with -c" in done("check", "mine.yaml")


def test_a_configuration_with_mistakes_is_one_line() -> None:
    Path("mainstay.yaml").write_text("upstreams: 5\n")
    assert refused("list") == "mainstay.yaml has mistakes: see `mainstay check -c mainstay.yaml`\n"

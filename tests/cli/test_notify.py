"""`mainstay notify`, as a person types it, with targets over real sockets."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mainstay.cli.notify import notify_app
from mainstay.ledger.files import control_journal_path
from mainstay.ledger.reader import RecordReader
from mainstay.model.notice import Severity
from mainstay.model.records import NoticeRecord
from mainstay.wiring.control_journal import write_records
from tests.control.notices.sink import Sink, running_sink

CONFIGURATION = """
upstreams: {{alpha: {{dialect: anthropic, base_url: "http://127.0.0.1:9001"}}}}
models: {{first: {{candidates: [{{upstream: alpha}}]}}}}
state: state
notifications:
  targets:
    hook: {{webhook: "{url}", key: "env:HOOK_KEY"}}
    chat: {{apprise: "env:CHAT_URL"}}
  routes:
    - {{severity: major, targets: [hook]}}
    - {{severity: warning, targets: [hook], escalate_seconds: 60, escalate_to: [chat]}}
"""


@pytest.fixture
def sink(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    with running_sink() as found:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("HOOK_KEY", "hunter2-key")
        monkeypatch.setenv("CHAT_URL", f"json://127.0.0.1:{found.server_port}/token-abcdef")
        Path("mainstay.yaml").write_text(CONFIGURATION.format(url=found.url))
        yield found


def run(*arguments: str) -> Result:
    return CliRunner().invoke(notify_app, list(arguments))


def journal() -> list[NoticeRecord]:
    with RecordReader(control_journal_path(Path("state"), 0)) as reader:
        records = [row.record() for row in reader.tail(100)]
    return [one for one in records if isinstance(one, NoticeRecord)]


def test_all_targets_are_tested(sink: Sink) -> None:
    result = run("test", "--severity", "critical")
    assert result.exit_code == 0, result.output
    assert {path for path, _, _ in sink.posts} == {"/hook/secret-path", "/token-abcdef"}
    assert "[CRITICAL] Test of notifications" in {json.loads(body).get("title") for _, _, body in sink.posts}
    assert {(one.target, one.outcome) for one in journal()} == {("hook", "sent"), ("chat", "sent")}
    assert "hook" in result.output
    assert "127.0.0.1" in result.output


def test_one_target_may_be_chosen(sink: Sink) -> None:
    assert run("test", "hook").exit_code == 0
    assert [path for path, _, _ in sink.posts] == ["/hook/secret-path"]


def test_one_that_fails_is_told_and_written_down(sink: Sink) -> None:
    sink.mode = 500
    result = run("test", "hook", "--json")
    assert result.exit_code == 1
    (outcome,) = json.loads(result.stdout)
    assert (outcome["target"], outcome["is_sent"], outcome["text"]) == ("hook", False, "it answers 500")
    assert [(one.outcome, one.text) for one in journal()] == [("failed", "it answers 500")]


@pytest.mark.parametrize("arguments", [("test",), ("test", "--json"), ("list",), ("list", "--json")])
@pytest.mark.parametrize("mode", [200, 500, "gone"])
def test_no_secret_is_shown(sink: Sink, arguments: tuple[str, ...], mode: int | str) -> None:
    sink.mode = mode
    output = run(*arguments).output
    assert "hunter2" not in output
    assert "secret-path" not in output
    assert "token-abcdef" not in output


def test_an_unknown_target_is_refused(sink: Sink) -> None:
    result = run("test", "hok")
    assert result.exit_code == 1
    assert "there is no target 'hok'; there are chat, hook" in result.output
    assert sink.posts == []


@pytest.mark.usefixtures("sink")
def test_targets_are_listed_with_what_they_hear_and_what_became_of_it() -> None:
    now = time.time()
    older = NoticeRecord("rec-1", now - 60, "key", Severity.MAJOR, "hook", "failed", text="it answers 500")
    newer = NoticeRecord("rec-2", now - 30, "key", Severity.MAJOR, "hook", "sent")
    last = NoticeRecord("rec-3", now, "key", Severity.MAJOR, "hook", "escalated")
    assert write_records(Path("state"), [newer, older, last]) == ""
    hook, chat = json.loads(run("list", "--json").stdout)
    assert (hook["name"], hook["kind"], hook["place"], hook["severity"]) == ("hook", "webhook", "127.0.0.1", "warning")
    assert (hook["outcome"], hook["escalation"]) == ("sent", False)
    assert (chat["kind"], chat["place"], chat["severity"], chat["escalation"]) == ("apprise", "JSON", "", True)
    assert chat["outcome"] == ""
    words = run("list").output
    assert "warning and graver" in words
    assert "nothing by" in words
    assert "escalations" in words


@pytest.mark.usefixtures("sink")
def test_a_target_without_its_secret_is_listed_and_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHAT_URL")
    assert "its secret is missing" in run("list").output
    result = run("test", "chat")
    assert result.exit_code == 1
    assert "its secret is missing" in result.output


def test_without_targets_it_is_said_what_that_means(sink: Sink) -> None:
    Path("mainstay.yaml").write_text(CONFIGURATION.format(url=sink.url).partition("notifications:")[0])
    assert "nobody is told of trouble" in run("list").output
    assert "there are no targets" in run("test").output


@pytest.mark.usefixtures("sink")
def test_a_file_is_needed_and_has_no_mistakes() -> None:
    Path("mainstay.yaml").write_text("models: 5")
    result = run("test")
    assert result.exit_code == 1
    assert "mistake" in result.output
    Path("mainstay.yaml").unlink()
    assert "name the file with -c" in run("list").output

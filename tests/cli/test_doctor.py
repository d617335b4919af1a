"""`mainstay doctor` against fake providers: exit codes, what is printed, what is written down."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import typer
from typer.testing import CliRunner, Result

from mainstay.cli import doctor as doctor_module
from mainstay.cli.doctor import doctor
from mainstay.gateway.doctor.verdict import Report
from mainstay.lab.provider.request import Personality
from mainstay.lab.provider.thread import FakeProviderThread
from mainstay.ledger.files import control_journal_path
from mainstay.ledger.reader import RecordReader
from mainstay.model.records import ProofRecord

KEY = "sk-the-key-of-the-doctor"
app = typer.Typer()
app.command()(doctor)


class House:
    """A file with a model that two providers serve."""

    def __init__(self, folder: Path, first: FakeProviderThread, standby: FakeProviderThread) -> None:
        self.file = folder / "house.yaml"
        self.state = folder / "state"
        self.first = first
        self.standby = standby
        self._upstreams = {
            "alpha": {"dialect": "anthropic", "base_url": first.url, "credentials": [_key()]},
            "beta": {"dialect": "openai-chat", "base_url": f"{standby.url}/v1", "credentials": [_key()]},
        }
        self.write("alpha", "beta")

    def write(self, *candidates: str) -> None:
        models = {"claude": {"candidates": [{"upstream": one} for one in candidates]}}
        tree = {"state": str(self.state), "upstreams": self._upstreams, "models": models}
        self.file.write_bytes(msgspec.json.encode(tree))

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, ["-c", str(self.file), *(arguments or ("--seconds", "5"))])

    def report(self, *arguments: str) -> tuple[int, Report]:
        result = self.run("--json", *(arguments or ("--seconds", "5")))
        return result.exit_code, msgspec.json.decode(result.stdout, type=Report)

    def outcome(self, check: str) -> tuple[int, str, str]:
        """Of the standby's check: exit code, outcome, words."""
        code, report = self.report("--seconds", "0.5")
        (found,) = [one for one in report.models[0].proofs[1].checks if one.name == check]
        return code, found.outcome, found.words


def _key() -> dict[str, str]:
    return {"name": "main", "key": "env:DOCTORS_KEY"}


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setenv("DOCTORS_KEY", KEY)
    monkeypatch.chdir(tmp_path)
    secretive = Personality(key=KEY)
    with (
        FakeProviderThread("primary", personality=secretive) as first,
        FakeProviderThread("standby", personality=secretive) as standby,
    ):
        yield House(tmp_path, first, standby)


def test_a_model_that_survives(house: House) -> None:
    result = house.run()
    assert result.exit_code == 0, result.output
    assert "default: survives its first choice: beta/claude" in result.stdout
    assert "anthropic (streamed) to openai-chat, nothing lost" in result.stdout
    assert KEY not in result.output


def test_what_was_proven_is_written_down(house: House) -> None:
    house.standby.break_with("auth")
    assert house.run().exit_code == 1
    with RecordReader(control_journal_path(house.state, 0)) as reader:
        records = [row.record() for row in reader.since(0)]
    proofs = [one for one in records if isinstance(one, ProofRecord)]
    assert [(one.upstream, one.model, one.credential, one.outcome) for one in proofs] == [
        ("alpha", "claude", "main", "ok"),
        ("beta", "claude", "main", "failed"),
    ]
    assert KEY not in repr(records)


@pytest.mark.parametrize(
    ("broken", "check", "words"),
    [
        ("auth", "credential", "main is refused (401"),
        ("forbidden", "credential", "main is refused (403"),
        ("billing", "credential", "main has no money or quota left (402"),
        ("not-found", "model", "does not know 'claude' (404"),
        ("throttle:retry_after=7", "quota", "throttled now, for 7 s more"),
        ("stall", "answers", "no answer within 0.5 s"),
        ("html-200", "answers", "this is no answer of openai-chat"),
        ("empty", "answers", "empty: "),
        ("refuse", "answers", "no connection"),
        ("overloaded", "answers", "the provider is in trouble"),
    ],
)
def test_each_illness_of_a_standby_is_told_and_fails(house: House, broken: str, check: str, words: str) -> None:
    house.standby.break_with(broken)
    code, outcome, said = house.outcome(check)
    assert (code, outcome, said[: len(words)]) == (1, "failed", words)


def test_a_crossing_that_is_refused_fails(house: House) -> None:
    house.standby.break_with("ok", 1)
    house.standby.break_with("bad-request", 1)
    code, outcome, words = house.outcome("translation")
    assert (code, outcome) == (1, "failed")
    assert words.startswith("anthropic to openai-chat, streamed: ")


def test_a_single_candidate_is_a_plain_warning(house: House) -> None:
    house.write("alpha")
    result = house.run()
    assert result.exit_code == 0
    assert "warning: claude: has no standby" in result.stdout


def test_thorough_asks_more(house: House) -> None:
    house.run("--seconds", "5")
    few = len(house.standby.requests)
    code, report = house.report("--thorough", "--seconds", "5")
    assert (code, report.ok) == (0, True)
    assert len(house.standby.requests) - few == 8


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--model", "gone"), "no model 'gone' in the configuration; it has claude"),
        (("--workload", "gone"), "no workload 'gone' in the configuration; it has default"),
    ],
)
def test_a_wish_for_what_is_not_there_is_bad_usage(house: House, arguments: tuple[str, str], why: str) -> None:
    result = house.run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.strip().splitlines()[-1] == why
    assert house.first.requests == ()


@pytest.mark.parametrize("seconds", ["0", "-1", "601", "soon"])
def test_absurd_patience_is_bad_usage(house: House, seconds: str) -> None:
    assert house.run("--seconds", seconds).exit_code == 2


def test_a_file_with_mistakes_is_told_with_all_of_them(house: House) -> None:
    house.file.write_text("upstreams: {alpha: {dialect: x}}\nmodels: {}\nfrogs: 1\n")
    result = house.run()
    assert (result.exit_code, result.stdout) == (2, "")
    assert "frogs" in result.stderr
    assert "dialect" in result.stderr


def test_without_a_file_and_without_keys_there_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    result = CliRunner().invoke(app, [])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    assert "ANTHROPIC_API_KEY" in result.stderr


def test_without_a_file_the_keys_of_the_environment_are_tried(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    monkeypatch.setenv("MAINSTAY_ANTHROPIC_BASE_URL", house.first.url)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    result = CliRunner().invoke(app, ["--json"])
    assert result.exit_code == 0, result.output
    report = msgspec.json.decode(result.stdout, type=Report)
    assert [one.name for one in report.models[0].proofs[0].checks if one.outcome == "ok"] == [
        "policy",
        "credential",
        "answers",
    ]
    named = CliRunner().invoke(app, ["--json", "--model", "claude-9"])
    assert msgspec.json.decode(named.stdout, type=Report).models[0].proofs[0].outcome == "ok"


def test_a_state_folder_that_cannot_be_written_is_a_warning(house: House) -> None:
    control_journal_path(house.state, 0).mkdir(parents=True)
    result = house.run()
    assert result.exit_code == 0
    assert "warning: what was proven is not written down in the journal: " in result.stderr


def test_whoever_interrupts_it_ends_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> Report:
        raise KeyboardInterrupt

    monkeypatch.setattr(doctor_module, "run_doctor", interrupted)
    result = house.run()
    assert (result.exit_code, result.stdout) == (130, "")
    assert result.stderr.strip().splitlines()[-1] == "stopped; nothing was written down"
    assert not house.state.exists()

"""`mainstay doctor` as a process of its own, beside a running gateway and without one."""

import signal
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from mainstay.gateway.doctor.verdict import Report
from mainstay.lab.provider.thread import FakeProviderThread
from tests.conformance.stage import KINDS, upstream
from tests.e2e.lanes import KEY, Tree
from tests.e2e.process import Process
from tests.e2e.raw import Body, post
from tests.e2e.stand import KEYS, Stand

BODY: Body = {"model": "every", "max_tokens": 9, "messages": [{"role": "user", "content": "hello"}]}


@pytest.fixture
def first() -> Iterator[FakeProviderThread]:
    with FakeProviderThread("primary") as provider:
        yield provider


@pytest.fixture
def standby() -> Iterator[FakeProviderThread]:
    with FakeProviderThread("standby") as provider:
        yield provider


@pytest.fixture
def tree(first: FakeProviderThread, standby: FakeProviderThread) -> dict[str, Tree]:
    """A model that is served in every dialect, its first choice by a provider of its own."""
    upstreams: dict[str, Tree] = {f"at-{kind}": upstream(kind, standby.url) for kind in KINDS}
    upstreams["first"] = upstream("anthropic", first.url)
    candidates: list[Tree] = [{"upstream": "first"}]
    candidates += [{"upstream": f"at-{kind}"} for kind in KINDS]
    return {"upstreams": upstreams, "models": {"every": {"candidates": candidates}}}


def doctor(folder: Path, file: Path, *arguments: str) -> tuple[int, str]:
    """Its exit code and what it said, on both streams."""
    place = folder / "doctor"
    place.mkdir(exist_ok=True)
    with Process(["doctor", "-c", str(file), *arguments], place, KEYS) as process:
        code = process.wait(60.0)
        assert KEY not in process.output
        assert "Traceback" not in process.output, process.output
        return code, process.output


def written(folder: Path, tree: dict[str, Tree]) -> Path:
    file = folder / "mainstay.yaml"
    file.write_bytes(msgspec.json.encode({"state": str(folder / "state")} | tree))
    return file


def report_of(output: str) -> Report:
    return msgspec.json.decode(output.splitlines()[-1], type=Report)


def test_beside_a_running_gateway_it_knows_what_was_asked_of_it(tmp_path: Path, tree: dict[str, Tree]) -> None:
    with Stand(tmp_path, tree) as stand:
        for _ in range(3):
            assert post(stand.url, "/v1/messages", BODY).status == 200
        stand.audit("--json")
        code, output = doctor(tmp_path, tmp_path / "mainstay.yaml", "--json")
        assert post(stand.url, "/v1/messages", BODY).status == 200
    assert code == 0, output
    (model,) = report_of(output).models
    quota = {proof.upstream: check for proof in model.proofs for check in proof.checks if check.name == "quota"}
    assert quota["at-openai-chat"].outcome == "ok"
    assert quota["at-openai-chat"].words.startswith("the busiest minute needs ")
    assert len(model.workloads[0].standbys) == len(KINDS)


def test_every_dialect_is_proven_thoroughly_without_a_gateway(tmp_path: Path, tree: dict[str, Tree]) -> None:
    code, output = doctor(tmp_path, written(tmp_path, tree), "--thorough")
    assert code == 0, output
    assert "default: survives its first choice" in output
    with Process(["audit", "tail", "--state", str(tmp_path / "state")], tmp_path / "doctor") as audit:
        assert audit.wait() == 0
    assert audit.output.count("  proof  ok  ") == len(KINDS) + 1


def test_a_dead_standby_fails_and_the_others_are_named(
    tmp_path: Path, tree: dict[str, Tree], first: FakeProviderThread, standby: FakeProviderThread
) -> None:
    standby.break_with("auth")
    code, output = doctor(tmp_path, written(tmp_path, tree))
    assert code == 1
    assert "does not survive its first choice" in output
    assert "main is refused (401" in output
    assert len(first.requests) == 1


def test_a_provider_that_hangs_is_waited_for_no_longer_than_asked(
    tmp_path: Path, tree: dict[str, Tree], standby: FakeProviderThread
) -> None:
    standby.break_with("stall")
    code, output = doctor(tmp_path, written(tmp_path, tree), "--seconds", "0.5")
    assert code == 1
    assert output.count("no answer within 0.5 s") == len(KINDS)


def test_an_interrupt_ends_it_at_once(tmp_path: Path, tree: dict[str, Tree], standby: FakeProviderThread) -> None:
    standby.break_with("stall")
    place = tmp_path / "doctor"
    place.mkdir()
    file = written(tmp_path, tree)
    with Process(["doctor", "-c", str(file), "--seconds", "600"], place, KEYS) as process:
        process.until(lambda: len(standby.requests) == len(KINDS), "all standbys are asked")
        process.signal(signal.SIGINT)
        assert process.wait() == 130
        assert "stopped; nothing was written down" in process.output
        assert "Traceback" not in process.output
    assert not (tmp_path / "state").exists()


def test_with_neither_file_nor_keys_it_says_so_in_one_line(tmp_path: Path) -> None:
    with Process(["doctor"], tmp_path) as process:
        assert process.wait() == 2
        assert process.output.count("\n") == 1
        assert "ANTHROPIC_API_KEY" in process.output

from pathlib import Path

import msgspec
import pytest

from mainstay.config.build import build, inherit_retries, inherit_timeouts
from mainstay.config.schema import (
    CandidateSection,
    CapabilitiesSection,
    CredentialSection,
    File,
    GatewaySection,
    ModelSection,
    RetriesSection,
    TimeoutsSection,
    UpstreamSection,
    WorkloadSection,
)
from mainstay.config.secret import Secret
from mainstay.model.catalogue import (
    Capabilities,
    Credential,
    Priority,
    RecoveryMode,
    Retries,
    Timeouts,
    Upstream,
    Workload,
)


def file(workloads: dict[str, WorkloadSection] | None = None) -> File:
    return File(
        upstreams={"u": UpstreamSection(dialect="anthropic", base_url="https://u/")},
        models={"m": ModelSection(candidates=(CandidateSection("u"),))},
        workloads=workloads or {},
    )


def workload(section: WorkloadSection) -> Workload:
    return build(file({"w": section}), {}, Path()).workloads["w"]


def test_narrower_places_win_key_by_key() -> None:
    sections = (TimeoutsSection(connect_seconds=1, silence_seconds=2), TimeoutsSection(silence_seconds=3))
    assert inherit_timeouts(Timeouts(), *sections) == Timeouts(connect_seconds=1, silence_seconds=3)
    assert inherit_retries(Retries(), RetriesSection(budget_percent=0), RetriesSection()) == Retries(budget_percent=0)


def test_clocks_go_from_file_to_upstream_to_candidate_to_workload() -> None:
    def clocks(connect: float, first: float, content: float, silence: float) -> TimeoutsSection:
        written = zip(Timeouts.__struct_fields__, (connect, first, content, silence), strict=False)
        return TimeoutsSection(**{name: value for name, value in written if value})

    candidate = CandidateSection("u", timeouts=clocks(0, 0, 3, 3))
    whole = File(
        upstreams={"u": UpstreamSection(dialect="anthropic", base_url="https://u", timeouts=clocks(0, 2, 2, 2))},
        models={"m": ModelSection(candidates=(candidate,))},
        workloads={"w": WorkloadSection(timeouts=clocks(0, 0, 0, 4), retries=RetriesSection(attempts_per_upstream=1))},
        timeouts=clocks(1, 1, 1, 1),
    )
    snapshot = build(whole, {}, Path())
    assert snapshot.models["m"][0].timeouts == Timeouts(1, 2, 3, 3, 2)
    assert snapshot.menus["m", "default"].candidates[0].timeouts == Timeouts(1, 2, 3, 3, 2)
    assert snapshot.menus["m", "w"].candidates[0].timeouts == Timeouts(1, 2, 3, 4, 2)
    assert snapshot.menus["m", "w"].candidates[0].retries == Retries(attempts_per_upstream=1)


@pytest.mark.parametrize(
    ("section", "seconds"),
    [
        (TimeoutsSection(), None),
        (TimeoutsSection(first_byte_seconds=7), 7),
        (TimeoutsSection(first_byte_seconds=7, plain_answer_seconds=90), 90),
        (TimeoutsSection(silence_seconds=7), None),
    ],
    ids=["nothing written", "first byte written", "both written", "another one written"],
)
def test_a_plain_answer_is_bounded_by_what_somebody_wrote_down(section: TimeoutsSection, seconds: float | None) -> None:
    assert inherit_timeouts(Timeouts(), section).plain_answer_seconds == seconds


def test_an_upstream_has_its_secrets_and_no_last_slash() -> None:
    section = UpstreamSection(
        dialect="openai-chat",
        base_url="https://u/v1/",
        credentials=(CredentialSection("a", "env:A"), CredentialSection("b", "env:B")),
        region="eu",
        private=True,
        capabilities=CapabilitiesSection(prefill=True, context_tokens=9),
    )
    whole = msgspec.structs.replace(file(), upstreams={"u": section})
    assert build(whole, {"env:A": Secret("1")}, Path()).upstreams == (
        Upstream(
            name="u",
            dialect="openai-chat",
            base_url="https://u/v1",
            credentials=(Credential("a", "1"),),
            region="eu",
            private=True,
            capabilities=Capabilities(prefill=True, context_tokens=9),
        ),
    )


def test_a_workload_without_keys_has_the_defaults_of_the_model() -> None:
    assert workload(WorkloadSection()) == Workload(name="w")


def test_a_workload_takes_every_key() -> None:
    section = WorkloadSection(
        priority="batch",
        deadline_seconds=1,
        queue_seconds=2,
        substitutes="never",
        recovery="buffer",
        tool_streaming="live",
        residency=("eu",),
        private_only=True,
        strict=True,
        durable=True,
    )
    assert workload(section) == Workload(
        name="w",
        priority=Priority.BATCH,
        deadline_seconds=1,
        queue_seconds=2,
        substitutes=False,
        recovery=RecoveryMode.BUFFER,
        hold_tools=False,
        residency=("eu",),
        private_only=True,
        strict=True,
        durable=True,
    )


def test_substitutes_may_continue_only_where_recovery_is_written_out() -> None:
    assert not workload(WorkloadSection()).continue_substitutes
    assert workload(WorkloadSection(recovery="continue")).continue_substitutes
    assert workload(WorkloadSection(recovery="continue")).recovery is RecoveryMode.CONTINUE
    assert not workload(WorkloadSection(recovery="error")).continue_substitutes


def test_the_default_workload_always_exists_and_may_be_changed() -> None:
    assert build(file(), {}, Path()).workloads == {"default": Workload()}
    changed = build(file({"default": WorkloadSection(queue_seconds=7)}), {}, Path())
    assert changed.workloads["default"].queue_seconds == 7


def test_state_lies_beside_the_file(tmp_path: Path) -> None:
    assert build(file(), {}, tmp_path).state == tmp_path / "mainstay-data"
    assert build(file(), {}, Path()).state.is_absolute()


def test_simulated_marks_every_upstream() -> None:
    assert build(file(), {}, Path(), simulated=True).is_simulated
    assert not build(file(), {}, Path()).is_simulated


def test_a_file_that_was_not_checked_is_a_bug_of_ours() -> None:
    unchecked = msgspec.structs.replace(file(), gateway=GatewaySection(listen="nonsense"))
    with pytest.raises(ValueError, match="not checked"):
        build(unchecked, {}, Path())

"""Work in the background whose machine is gone is gone on with where somebody asks how it stands."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from mainstay.gateway.drafts.mirror_store import ALIVE_SECONDS
from mainstay.gateway.minding import LOOK_AGAIN_SECONDS
from tests.gateway.drafts.cloud import Cloud
from tests.gateway.kept_rig import KeptRig, kept_rig
from tests.wire.openai_responses.native import Native

PATH = "/v1/responses/resp_1"


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


@pytest.fixture
def first(tmp_path: Path, cloud: Cloud) -> Iterator[KeptRig]:
    yield from kept_rig(tmp_path / "first", cloud=cloud)


@pytest.fixture
def second(tmp_path: Path, cloud: Cloud) -> Iterator[KeptRig]:
    """Another gateway on another machine."""
    yield from kept_rig(tmp_path / "second", gateway="there", cloud=cloud)


def begun(first: KeptRig, *, background: bool = True) -> None:
    first.respond(background=background, stream=not background)
    native = Native("resp_1")
    first.streams(native.begin(), native.said("Hello"))
    first.pass_seconds(1.0)


def how(rig: KeptRig) -> object:
    fields: dict[str, object] = msgspec.json.decode(rig.visit("GET", PATH).answer.body)
    return fields["status"]


def gone(first: KeptRig, cloud: Cloud) -> None:
    first.be_killed()
    cloud.now += ALIVE_SECONDS + 1


def test_who_polls_has_it_gone_on_with_once(first: KeptRig, second: KeptRig, cloud: Cloud) -> None:
    begun(first)
    gone(first, cloud)
    assert [how(second) for _ in range(3)] == ["in_progress"] * 3
    second.pass_seconds(LOOK_AGAIN_SECONDS - 0.25)
    assert second.attempts == [], "it is looked at twice"
    second.pass_seconds(0.5)
    assert len(second.attempts) == 1
    assert how(second) == "in_progress"
    second.pass_seconds(2 * LOOK_AGAIN_SECONDS)
    assert len(second.attempts) == 1
    first.be_born()


def test_nobody_interferes_with_what_runs(first: KeptRig, second: KeptRig) -> None:
    begun(first)
    assert how(second) == "in_progress"
    second.pass_seconds(2 * LOOK_AGAIN_SECONDS)
    assert second.attempts == []


def test_whose_process_returns_in_time_keeps_it(first: KeptRig, second: KeptRig, cloud: Cloud) -> None:
    begun(first)
    cloud.now += ALIVE_SECONDS + 1
    assert how(second) == "in_progress"
    # It had only been cut off.
    first.pass_seconds(1.25)
    second.pass_seconds(2 * LOOK_AGAIN_SECONDS)
    assert second.attempts == []


def test_what_needs_its_caller_waits_for_him(first: KeptRig, second: KeptRig, cloud: Cloud) -> None:
    begun(first, background=False)
    gone(first, cloud)
    assert how(second) == "in_progress"
    second.pass_seconds(2 * LOOK_AGAIN_SECONDS)
    assert second.attempts == []
    first.be_born()

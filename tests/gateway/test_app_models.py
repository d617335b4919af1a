"""Questions for models that are passed through to the provider."""

from collections.abc import Iterator

import msgspec
import pytest

from tests.gateway.rig import FROM_ANTHROPIC, WILD_YAML, Rig, rig_with, snapshot

ONLY_WILD_YAML = WILD_YAML.replace("  gpt: {candidates: [{upstream: beta}]}\n", "")
LISTING = b'{"data":[{"type":"model","id":"claude-x"}],"has_more":false}'


@pytest.fixture
def only_wild_rig() -> Iterator[Rig]:
    yield from rig_with(snapshot(ONLY_WILD_YAML))


@pytest.fixture
def wild_rig() -> Iterator[Rig]:
    yield from rig_with(snapshot(WILD_YAML))


def test_where_all_models_pass_their_list_is_the_providers(only_wild_rig: Rig) -> None:
    rig = only_wild_rig
    caller = rig.send("GET", "/v1/models?limit=5", FROM_ANTHROPIC)
    assert (rig.attempt.command.url, rig.attempt.command.body) == ("http://alpha/v1/models?limit=5", b"")
    rig.answer(body=LISTING)
    assert caller.only_reply.body == LISTING
    assert rig.exchanges[-1].kind == "models"


def test_a_model_that_passes_is_looked_up_at_the_provider(wild_rig: Rig) -> None:
    wild_rig.send("GET", "/v1/models/claude-anything", FROM_ANTHROPIC)
    assert wild_rig.attempt.command.url == "http://alpha/v1/models/claude-anything"


def test_a_listed_model_is_never_looked_up_elsewhere(wild_rig: Rig) -> None:
    assert msgspec.json.decode(wild_rig.get("/v1/models/gpt", FROM_ANTHROPIC).body)["id"] == "gpt"
    assert wild_rig.upstreams.attempts == []

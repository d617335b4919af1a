import pytest

from mainstay.gateway.doors import ANTHROPIC, OPENAI_CHAT, Door, DoorKind, door, spoken

FROM_ANTHROPIC = (("anthropic-version", "2023-06-01"),)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/v1/messages", Door(DoorKind.CALL, "POST", ANTHROPIC)),
        ("/v1/messages/count_tokens", Door(DoorKind.CALL, "POST", ANTHROPIC)),
        ("/v1/chat/completions", Door(DoorKind.CALL, "POST", OPENAI_CHAT)),
        ("/v1/models", Door(DoorKind.MODELS, "GET", OPENAI_CHAT)),
        ("/v1/models/gpt-demo", Door(DoorKind.MODEL, "GET", OPENAI_CHAT, model="gpt-demo")),
        ("/livez", Door(DoorKind.LIVE, "GET", OPENAI_CHAT)),
        ("/readyz", Door(DoorKind.READY, "GET", OPENAI_CHAT)),
        ("/metrics", Door(DoorKind.METRICS, "GET", OPENAI_CHAT)),
    ],
)
def test_every_door(path: str, found: Door) -> None:
    assert door(path, ()) == found


@pytest.mark.parametrize("path", ["/", "", "/v1", "/v1/models/", "/v1/modelsx", "/v1/messages/", "/V1/MESSAGES", "*"])
def test_elsewhere_there_is_no_door(path: str) -> None:
    assert door(path, ()) is None


@pytest.mark.parametrize("path", ["/v1/models", "/v1/models/claude-demo"])
def test_models_are_shown_in_the_dialect_of_the_one_who_asks(path: str) -> None:
    found = door(path, FROM_ANTHROPIC)
    assert found is not None
    assert found.dialect == ANTHROPIC


@pytest.mark.parametrize("escaped", ["org%2Fname%3A1", "org/name:1", "org%2fname:1"])
def test_a_models_name_may_hold_anything(escaped: str) -> None:
    found = door(f"/v1/models/{escaped}", ())
    assert found is not None
    assert found.model == "org/name:1"


def test_the_dialect_is_guessed_from_path_and_headers() -> None:
    assert spoken("/v1/messages", ()) == ANTHROPIC
    assert spoken("/v1/messages/batches", ()) == ANTHROPIC
    assert spoken("/v1/chat/completions", FROM_ANTHROPIC) == OPENAI_CHAT
    assert spoken("/v1/embeddings", ()) == OPENAI_CHAT
    assert spoken("/v1/files", FROM_ANTHROPIC) == ANTHROPIC
    assert spoken("", ()) == OPENAI_CHAT

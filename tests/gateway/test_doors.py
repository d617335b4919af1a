import pytest

from mainstay.gateway.doors import ANTHROPIC, OPENAI_CHAT, OPENAI_RESPONSES, Door, DoorKind, door, spoken

FROM_ANTHROPIC = (("anthropic-version", "2023-06-01"),)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/v1/messages", Door(DoorKind.CALL, "POST", ANTHROPIC)),
        ("/v1/messages/count_tokens", Door(DoorKind.CALL, "POST", ANTHROPIC)),
        ("/v1/chat/completions", Door(DoorKind.CALL, "POST", OPENAI_CHAT)),
        ("/v1/responses", Door(DoorKind.CALL, "POST", OPENAI_RESPONSES)),
        ("/v1/responses/resp_1", Door(DoorKind.RESPONSE, "GET", OPENAI_RESPONSES, subject="resp_1", also="DELETE")),
        ("/v1/responses/resp_1/cancel", Door(DoorKind.CANCEL, "POST", OPENAI_RESPONSES, subject="resp_1")),
        ("/v1/mainstay/exchanges/ex_1", Door(DoorKind.EXCHANGE, "GET", OPENAI_CHAT, subject="ex_1")),
        ("/v1/mainstay/exchanges/ex_1/stream", Door(DoorKind.STREAM, "GET", OPENAI_CHAT, subject="ex_1")),
        ("/v1/models", Door(DoorKind.MODELS, "GET", OPENAI_CHAT)),
        ("/v1/models/gpt-demo", Door(DoorKind.MODEL, "GET", OPENAI_CHAT, model="gpt-demo")),
        ("/v1/mainstay/orders", Door(DoorKind.ORDERS, "GET", OPENAI_CHAT, also="POST")),
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


@pytest.mark.parametrize("place", ["/v1/responses", "/v1/mainstay/exchanges"])
@pytest.mark.parametrize(
    "rest", ["/", "//", "//cancel", "//stream", "/a/", "/a//", "/a/b", "/a/stream/", "/a/cancel/b"]
)
def test_behind_an_id_there_is_one_door_and_no_other(place: str, rest: str) -> None:
    assert door(place + rest, ()) is None


def test_each_place_has_its_own_door_behind_an_id() -> None:
    assert door("/v1/responses/a/stream", ()) is None
    assert door("/v1/mainstay/exchanges/a/cancel", ()) is None


@pytest.mark.parametrize("path", ["/v1/responses/{}", "/v1/responses/{}/cancel", "/v1/mainstay/exchanges/{}/stream"])
def test_an_id_may_be_escaped(path: str) -> None:
    found = door(path.format("resp%5F1"), ())
    assert found is not None
    assert found.subject == "resp_1"


def test_an_exchange_is_shown_in_the_dialect_of_the_one_who_asks() -> None:
    found = door("/v1/mainstay/exchanges/ex_1", FROM_ANTHROPIC)
    assert found is not None
    assert found.dialect == ANTHROPIC


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
    assert spoken("/v1/responses", ()) == OPENAI_RESPONSES
    assert spoken("/v1/responses/resp_1/input_items", FROM_ANTHROPIC) == OPENAI_RESPONSES
    assert spoken("/v1/embeddings", ()) == OPENAI_CHAT
    assert spoken("/v1/files", FROM_ANTHROPIC) == ANTHROPIC
    assert spoken("", ()) == OPENAI_CHAT

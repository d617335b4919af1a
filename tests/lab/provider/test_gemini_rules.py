import pytest

from mainstay.lab.provider.gemini_rules import ANY_SIGNATURE, is_old
from tests.lab.provider.gemini_talk import Json, message_of, model, performed, request, text, user

ASKED = user(text("hi"))
CALL: Json = {"functionCall": {"name": "f"}}
RESULT: Json = {"functionResponse": {"name": "f", "response": {"output": "x"}}}


def signed(signature: str) -> Json:
    return {**CALL, "thoughtSignature": signature}


def test_generations() -> None:
    assert is_old("gemini-2.5-pro")
    assert not is_old("gemini-3-pro")
    assert not is_old("gemini-20")


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        ((user(),), "must not be empty"),
        (({"role": "system", "parts": [text("x")]},), "valid role"),
        ((user({}),), "oneof"),
        ((user({"text": "a", "functionCall": {"name": "f"}}),), "oneof"),
        ((user(text("")),), "text parameter"),
        ((user({"inlineData": {"mimeType": "image/gif", "data": "eA=="}}),), "image/gif"),
        ((ASKED, model(CALL), user(text("no result"))), "function response parts"),
        ((ASKED, model(CALL), user(RESULT, RESULT)), "function response parts"),
        ((ASKED, model(CALL), user(RESULT, text("and"))), "nothing but"),
        ((user(RESULT),), "function response parts"),
    ],
)
def test_contents_that_are_wrong(contents: tuple[Json, ...], words: str) -> None:
    assert words in message_of(request(*contents, name="gemini-2.5-flash"))


def test_a_request_needs_contents() -> None:
    assert "not specified" in message_of(request(contents=[]))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"generationConfig": {"stopSequences": list("abcdef")}}, "stop sequences"),
        ({"generationConfig": {"thinkingConfig": {"thinkingBudget": 1, "thinkingLevel": "LOW"}}}, "only one"),
        ({"tools": [{"functionDeclarations": [{"name": "1st"}]}]}, "1st"),
    ],
)
def test_parameters_that_are_wrong(fields: Json, words: str) -> None:
    assert words in message_of(request(ASKED, **fields))  # type: ignore[arg-type]


def test_new_models_want_the_first_call_of_each_step_signed() -> None:
    assert "thought_signature" in message_of(request(ASKED, model(CALL), user(RESULT)))
    step = (model(signed(ANY_SIGNATURE), CALL), user(RESULT, RESULT))
    assert performed(request(ASKED, *step))[0] == 200
    assert "thought_signature" in message_of(request(ASKED, *step, model(CALL), user(RESULT)))
    assert performed(request(ASKED, model(CALL), user(RESULT), model(text("x")), ASKED))[0] == 200


def test_old_models_do_not() -> None:
    assert performed(request(ASKED, model(CALL), user(RESULT), name="gemini-2.5-flash"))[0] == 200


@pytest.mark.parametrize("signature", ["Zm9yZ2Vk", "no base64!", "bGFiLWdlbWluaS0wMDAwMDAwMC14"])
def test_a_signature_of_somebody_else_is_corrupted(signature: str) -> None:
    assert "Corrupted" in message_of(request(ASKED, model(signed(signature)), user(RESULT)))

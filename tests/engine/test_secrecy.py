import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mainstay.engine.secrecy import (
    CREDENTIAL_HEADERS,
    HIDDEN,
    PART_CHARACTERS_MIN,
    SECRET_CHARACTERS_MIN,
    harmless,
    without_secrets,
)
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.http import Headers

KEY = "sk-0123456789abcdef"
SENT: Headers = (("x-api-key", KEY), ("content-type", "application/json"))


def told(words: str) -> Fault:
    """A fault in which these words stand wherever words may stand."""
    body = msgspec.json.encode({"error": {"message": f"no: {words}", "code": words}})
    return Fault(FaultKind.AUTH, f"no: {words}", 401, f"bad_{words}", 3.0, (("x-request-id", f"req {words}"),), body)


@pytest.mark.parametrize("name", sorted(CREDENTIAL_HEADERS))
def test_a_secret_that_an_error_repeats_is_hidden_wherever_it_stands(name: str) -> None:
    fault = without_secrets(told(KEY), ((name, KEY),))
    assert fault == told(HIDDEN)


def test_a_bearers_secret_is_what_stands_behind_the_scheme() -> None:
    assert without_secrets(told(KEY), (("authorization", f"Bearer {KEY}"),)) == told(HIDDEN)


@example("0000001\\")
@given(st.text(st.characters(min_codepoint=33, max_codepoint=255), min_size=SECRET_CHARACTERS_MIN))
def test_no_spelling_of_a_secret_in_json_is_left(key: str) -> None:
    body = without_secrets(told(key), (("x-api-key", key),)).body
    assert key not in msgspec.json.decode(body)["error"]["code"] or key in HIDDEN


def test_an_error_without_the_secret_is_the_same_value() -> None:
    fault = told("something else")
    assert without_secrets(fault, SENT) is fault


def test_what_is_too_short_to_be_a_secret_is_left_alone() -> None:
    fault = told("a word")
    assert without_secrets(fault, (("x-api-key", "word"),)) is fault


def test_all_secrets_of_a_request_are_hidden() -> None:
    sent: Headers = (("authorization", f"Bearer {KEY}"), ("x-amz-security-token", "the-token-of-a-session"))
    fault = without_secrets(told(f"{KEY} the-token-of-a-session"), sent)
    assert fault == told(f"{HIDDEN} {HIDDEN}")


def test_other_fields_of_the_request_are_no_secrets() -> None:
    fault = told("application/json")
    assert without_secrets(fault, SENT) is fault


def test_header_fields_are_made_harmless_too() -> None:
    assert harmless((("x-echo", f"<{KEY}>"), ("x-other", "1")), SENT) == (("x-echo", f"<{HIDDEN}>"), ("x-other", "1"))


@pytest.mark.parametrize("characters", [PART_CHARACTERS_MIN, 10, len(KEY) - 1])
def test_a_secret_that_was_cut_at_the_end_of_a_text_is_hidden_too(characters: int) -> None:
    fault = Fault(FaultKind.AUTH, f"no: {KEY[:characters]}", 401, f"bad_{KEY[:characters]}")
    assert without_secrets(fault, SENT) == Fault(FaultKind.AUTH, f"no: {HIDDEN}", 401, f"bad_{HIDDEN}")


def test_a_text_that_only_begins_like_a_secret_is_left_alone() -> None:
    fault = Fault(FaultKind.AUTH, f"no: {KEY[: PART_CHARACTERS_MIN - 1]}", 401)
    assert without_secrets(fault, SENT) is fault

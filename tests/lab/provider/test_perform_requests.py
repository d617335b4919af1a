"""What `perform` makes of requests that are served without a fault, or refused."""

import msgspec
import pytest

from mainstay.lab.provider.fault import OK
from mainstay.lab.provider.perform import perform
from mainstay.lab.provider.request import Personality, ProviderRequest
from mainstay.lab.provider.steps import Pause
from tests.lab.provider.answers import body, head, pause_seconds, request, text


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/v1/models", 200),
        ("GET", "/v1/models/claude-demo", 200),
        ("GET", "/v1/models/nobody", 404),
        ("POST", "/v1/models", 405),
        ("GET", "/v1/messages", 405),
        ("POST", "/v1/nowhere", 404),
        ("POST", "/v1/messages", 400),
        ("GET", "/v1/responses", 405),
        ("POST", "/v1/responses", 400),
        ("POST", "/v1/responses/resp_1/nothing", 404),
    ],
)
@pytest.mark.parametrize("anthropic_version", ["2023-06-01", ""])
def test_paths_and_methods(method: str, path: str, code: int, anthropic_version: str) -> None:
    headers = (("anthropic-version", anthropic_version),) if anthropic_version else ()
    steps = perform(ProviderRequest(method, path, headers=headers), OK, Personality())
    assert head(steps).status == code
    is_anthropic = path == "/v1/messages" or (bool(anthropic_version) and path != "/v1/responses")
    assert ("anthropic-organization-id" in dict(head(steps).headers)) is is_anthropic


def test_tokens_are_counted() -> None:
    asked = msgspec.structs.replace(request("anthropic"), path="/v1/messages/count_tokens")
    assert msgspec.json.decode(body(perform(asked, OK, Personality()))) == {"input_tokens": len(asked.body) // 4}


def test_only_the_right_key_is_served() -> None:
    keyed = Personality(key="right")
    for header, code in (
        (("x-api-key", "right"), 200),
        (("authorization", "Bearer right"), 200),
        (("x-api-key", "no"), 401),
    ):
        asked = msgspec.structs.replace(request("anthropic"), headers=(header,))
        assert head(perform(asked, OK, keyed)).status == code


def test_a_model_without_prefill_says_so() -> None:
    messages = [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "Once"}]
    refused = perform(request("anthropic", messages=messages), OK, Personality(accepts_prefill=False))
    assert head(refused).status == 400
    assert b"prefill" in body(refused)
    assert head(perform(request("anthropic", messages=messages), OK, Personality())).status == 200


def signed_by(name: str) -> str:
    asked = request("anthropic", "hello", thinking={"type": "adaptive"})
    answer = msgspec.json.decode(body(perform(asked, OK, Personality(name=name))))
    return str(answer["content"][0]["signature"])


def test_reasoning_is_taken_back_by_its_maker_alone() -> None:
    for signature, code in ((signed_by("primary"), 200), (signed_by("standby"), 400), ("", 400)):
        thought = {"type": "thinking", "thinking": "hm", "signature": signature}
        messages = [
            {"role": "user", "content": "hello"},
            {"role": "assistant", "content": [thought, {"type": "text", "text": "Hello."}]},
            {"role": "user", "content": "and?"},
        ]
        steps = perform(request("anthropic", messages=messages), OK, Personality())
        assert head(steps).status == code
        assert (b"Invalid `signature` in `thinking` block" in body(steps)) is (code == 400)


def test_an_answer_is_gone_on_from_by_its_maker_alone() -> None:
    for name, code in (("primary", 200), ("standby", 400)):
        earlier = body(perform(request("openai-responses"), OK, Personality(name=name)))
        previous = msgspec.json.decode(earlier)["id"]
        steps = perform(request("openai-responses", previous_response_id=previous), OK, Personality())
        assert head(steps).status == code
        assert (b'"code":"previous_response_not_found"' in body(steps)) is (code == 400)


def test_sealed_reasoning_is_opened_by_its_maker_alone() -> None:
    for name, code in (("primary", 200), ("standby", 400)):
        asked = request("openai-responses", reasoning={"effort": "low"})
        reasoning, message = msgspec.json.decode(body(perform(asked, OK, Personality(name=name))))["output"]
        items = [{"role": "user", "content": "hello"}, reasoning, message, {"role": "user", "content": "and?"}]
        steps = perform(request("openai-responses", input=items), OK, Personality())
        assert head(steps).status == code
        assert (b'"code":"invalid_encrypted_content"' in body(steps)) is (code == 400)


def test_a_wrong_request_gets_the_words_of_its_dialect() -> None:
    wrong = perform(request("openai-responses", max_output_tokens=1), OK, Personality())
    error = msgspec.json.decode(body(wrong))["error"]
    assert (error["code"], error["param"]) == ("integer_below_min_value", "max_output_tokens")
    assert head(perform(request("openai-responses", conversation="conv_1"), OK, Personality())).status == 404


def test_latency_and_speed_are_pauses() -> None:
    paced = Personality(latency_seconds=0.5, chars_per_second=100.0)
    steps = perform(request("anthropic", stream=True), OK, paced)
    assert steps[0] == Pause(0.5)
    assert pause_seconds(steps) == pytest.approx(0.5 + len(text(body(steps))) / 100)

import msgspec

from mainstay.wire.gemini.shape import FunctionCall, FunctionResponse, GenerationConfig, Outcome, Part


def test_names_are_camel_case_and_silence_is_left_out() -> None:
    part = Part(thought_signature="x", function_call=FunctionCall("f", msgspec.Raw(b'{"snake_case":1}')))
    told = b'{"thoughtSignature":"x","functionCall":{"name":"f","args":{"snake_case":1}}}'
    assert msgspec.json.encode(part) == told
    assert msgspec.json.encode(GenerationConfig()) == b"{}"


def test_zero_and_the_empty_text_are_no_silence() -> None:
    config = GenerationConfig(temperature=0.0, seed=0, max_output_tokens=0)
    assert msgspec.json.encode(config) == b'{"maxOutputTokens":0,"temperature":0.0,"seed":0}'
    assert msgspec.json.encode(Part(text="")) == b'{"text":""}'
    response = FunctionResponse("f", Outcome(output=""))
    assert msgspec.json.encode(response) == b'{"name":"f","response":{"output":""}}'

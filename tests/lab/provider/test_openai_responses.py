import msgspec
import openai
import pytest
from openai.types.responses import FunctionToolParam, ResponseInputItemParam

from mainstay.lab.provider.ask import Ask
from mainstay.lab.provider.evidence import mark
from mainstay.lab.provider.openai_responses import OpenaiResponses
from mainstay.lab.provider.script import Part, PartKind
from mainstay.lab.provider.thread import FakeProviderThread
from mainstay.lab.provider.turn import Stop, ToolCall, Turn
from mainstay.lab.provider.voice import ErrorAnswer, Manner, OwnInbandErrors, Stamp

Json = dict[str, object]
VOICE = OpenaiResponses()
STAMP = Stamp("primary", "0123456789abcdef", 0.0)
ASK = Ask(model="gpt-demo", stream=True, conversation=(), input_tokens=100, cached_tokens=40)
OVERLOADED = ErrorAnswer(200, "server_error", "Overloaded", "server_is_overloaded")
WEATHER: FunctionToolParam = {
    "type": "function",
    "name": "weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    "strict": False,
}


def streamed(turn: Turn, ask: Ask = ASK) -> list[Part]:
    return VOICE.stream(ask, turn, STAMP, Manner())


def payload(part: Part) -> Json:
    return msgspec.json.decode(part.data.split(b"data: ")[1], type=Json)


def response(part: Part) -> Json:
    return msgspec.convert(payload(part)["response"], Json)


def plain(turn: Turn, ask: Ask = ASK) -> Json:
    return msgspec.json.decode(VOICE.plain(ask, turn, STAMP), type=Json)


def test_a_stream_goes_from_created_to_completed() -> None:
    names = [payload(part)["type"] for part in streamed(Turn(text="one two three"))]
    assert names[:3] == ["response.created", "response.in_progress", "response.output_item.added"]
    assert names[-2:] == ["response.output_item.done", "response.completed"]


def test_every_event_is_numbered_and_named() -> None:
    turn = Turn(text="a", thinking="b", tool_calls=(ToolCall("t", "{}"),), stop=Stop.TOOL)
    for number, part in enumerate(streamed(turn)):
        assert payload(part)["sequence_number"] == number
        assert part.data.startswith(f"event: {payload(part)['type']}\n".encode())


def test_the_last_event_holds_the_plain_answer() -> None:
    turn = Turn(text="a", thinking="b", tool_calls=(ToolCall("t", "{}"),), stop=Stop.TOOL)
    assert response(streamed(turn)[-1]) == plain(turn)


def test_usage_counts_what_was_cached_and_thought() -> None:
    assert plain(Turn(text="abcd", thinking="x" * 40))["usage"] == {
        "input_tokens": 100,
        "input_tokens_details": {"cached_tokens": 40, "cache_write_tokens": 0},
        "output_tokens": 11,
        "output_tokens_details": {"reasoning_tokens": 10},
        "total_tokens": 111,
    }


@pytest.mark.parametrize(("stop", "reason"), [(Stop.LENGTH, "max_output_tokens"), (Stop.FILTER, "content_filter")])
def test_a_cut_answer_is_incomplete(stop: Stop, reason: str) -> None:
    turn = Turn(text="one", stop=stop)
    last = streamed(turn)[-1]
    assert last.kind is PartKind.END
    assert payload(last)["type"] == "response.incomplete"
    answer = response(last)
    assert (answer["status"], answer["incomplete_details"]) == ("incomplete", {"reason": reason})
    assert answer["completed_at"] is None


def test_parameters_are_echoed() -> None:
    ask = msgspec.structs.replace(ASK, echoed={"instructions": msgspec.Raw(b'"be kind"')})
    assert plain(Turn(text="a"), ask)["instructions"] == "be kind"
    assert response(streamed(Turn(text="a"), ask)[0])["instructions"] == "be kind"
    assert plain(Turn(text="a"))["instructions"] is None


def test_the_id_ends_with_the_mark_of_its_maker() -> None:
    name = str(plain(Turn(text="a"))["id"])
    assert name.startswith("resp_")
    assert name.endswith(mark("primary"))


def test_an_answer_in_the_background_waits() -> None:
    ask = msgspec.structs.replace(ASK, background=True)
    assert (plain(Turn(text="a"), ask)["status"], plain(Turn(text="a"), ask)["output"]) == ("queued", [])
    assert payload(streamed(Turn(text="a"), ask)[1])["type"] == "response.queued"


def test_an_error_in_the_stream_is_flat_and_numbered() -> None:
    assert isinstance(VOICE, OwnInbandErrors)
    before = (*streamed(Turn(text="a"))[:3], Part(PartKind.PING, VOICE.ping()))
    event = VOICE.inband_error(OVERLOADED, before, as_response=False)
    assert event.startswith(b"event: error\n")
    assert payload(Part(PartKind.NOISE, event)) == {
        "type": "error",
        "sequence_number": 3,
        "code": "server_is_overloaded",
        "message": "Overloaded",
        "param": None,
    }


def test_a_response_may_fail() -> None:
    before = tuple(streamed(Turn(text="a"))[:3])
    failed = Part(PartKind.NOISE, VOICE.inband_error(OVERLOADED, before, as_response=True))
    assert payload(failed)["type"] == "response.failed"
    assert response(failed)["id"] == response(before[0])["id"]
    assert (response(failed)["status"], response(failed)["error"]) == (
        "failed",
        {"code": "server_is_overloaded", "message": "Overloaded"},
    )
    at_once = Part(PartKind.NOISE, VOICE.inband_error(OVERLOADED, (), as_response=True))
    assert (payload(at_once)["sequence_number"], response(at_once)["status"]) == (0, "failed")


def test_a_whole_response_may_fail() -> None:
    whole = Part(PartKind.WHOLE, VOICE.plain(ASK, Turn(text="a"), STAMP))
    failed = msgspec.json.decode(VOICE.inband_error(OVERLOADED, (whole,), as_response=True))
    assert (failed["status"], failed["output"]) == ("failed", [])


def test_the_sdk_gets_the_same_answer_streamed_or_not() -> None:
    with FakeProviderThread() as provider, client_of(provider) as client:
        whole = client.responses.create(model="gpt-demo", input="hello", reasoning={"effort": "low"})
        assert [item.type for item in whole.output] == ["reasoning", "message"]
        asking = client.responses.stream(
            model="gpt-demo", input="hello", reasoning={"effort": "low", "summary": "auto"}
        )
        with asking as stream:
            streamed = stream.get_final_response()
        assert streamed.output_text == whole.output_text
        assert streamed.usage is not None
        assert streamed.usage.output_tokens_details.reasoning_tokens > 0
        again = client.responses.create(model="gpt-demo", input="and?", previous_response_id=whole.id)
        assert again.status == "completed"
        assert again.previous_response_id == whole.id


def test_the_sdk_gets_calls_and_their_results_are_seen() -> None:
    with FakeProviderThread() as provider, client_of(provider) as client:
        question = "weather? [tools=2] [echo=results]"
        with client.responses.stream(model="gpt-demo", input=question, tools=[WEATHER]) as stream:
            final = stream.get_final_response()
        calls = [item for item in final.output if item.type == "function_call"]
        assert [list(msgspec.json.decode(call.arguments)) for call in calls] == [["city"], ["city"]]
        items: list[ResponseInputItemParam] = [{"role": "user", "content": question}]
        for call in calls:
            items.append(
                {"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": call.arguments}
            )
            items.append({"type": "function_call_output", "call_id": call.call_id, "output": "sunny"})
        answered = client.responses.create(model="gpt-demo", tools=[WEATHER], input=items)
        assert answered.output_text.startswith("[tool results=2 digest=")


def test_the_sdk_gets_refusals_limits_and_errors() -> None:
    with FakeProviderThread() as provider, client_of(provider) as client:
        refused = client.responses.create(model="gpt-demo", input="[refuse]")
        (message,) = refused.output
        assert message.type == "message"
        assert [part.type for part in message.content] == ["refusal"]
        cut = client.responses.create(model="gpt-demo", input="hello", max_output_tokens=16, stream=True)
        assert [event.type for event in cut][-1] == "response.incomplete"
        with pytest.raises(openai.BadRequestError, match="No tool call found"):
            client.responses.create(
                model="gpt-demo", input=[{"type": "function_call_output", "call_id": "c", "output": "4"}]
            )
        provider.break_with("inband-error")
        events = list(client.responses.create(model="gpt-demo", input="hello", stream=True))
        assert events[-1].type == "error"


def client_of(provider: FakeProviderThread) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{provider.url}/v1", api_key="k", max_retries=0)

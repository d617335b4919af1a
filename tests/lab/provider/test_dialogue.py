import msgspec
import pytest

from mainstay.lab.provider.ask import Ask, Result, Said, Thinking, Tool
from mainstay.lab.provider.dialogue import TOOL_CALLS_MAX, take_turn
from mainstay.lab.provider.request import ModelKind, Personality
from mainstay.lab.provider.sample import Schema
from mainstay.lab.provider.turn import REFUSAL, Stop, Turn

WEATHER = Tool("weather", Schema(type="object", properties={"city": Schema(type="string")}))
TIME = Tool("time")


def ask(*conversation: Said, **fields: object) -> Ask:
    plain = Ask(model="m", stream=False, conversation=conversation)
    return msgspec.structs.replace(plain, **fields)


def turn(*conversation: Said, **fields: object) -> Turn:
    return take_turn(ask(*conversation, **fields), Personality())


def user(text: str) -> Said:
    return Said("user", text)


def test_every_provider_gives_the_same_text_to_the_same_question() -> None:
    asked = ask(user("hello"))
    assert take_turn(asked, Personality(name="a")) == take_turn(asked, Personality(name="b"))
    assert turn(user("hello")).text != turn(user("good bye")).text
    assert len(turn(user("hello")).text.split()) == 60


@pytest.mark.parametrize(
    "question", ["please answer in 200 words", "tell me [words=200]", "in about 200 words, please"]
)
def test_the_question_may_ask_for_a_length(question: str) -> None:
    assert len(turn(user(question)).text.split()) == 200


def test_the_question_may_dictate_the_text() -> None:
    assert turn(user("say [text=yes, of course]")).text == "yes, of course"


def test_the_last_question_counts() -> None:
    earlier = (user("hello"), Said("assistant", turn(user("hello")).text))
    assert turn(*earlier, user("and then?")).text == turn(user("and then?")).text


def test_an_offered_tool_is_called_once() -> None:
    called = turn(user("weather?"), tools=(WEATHER, TIME))
    assert [call.name for call in called.tool_calls] == ["weather"]
    assert called.stop is Stop.TOOL
    assert not called.text
    assert list(msgspec.json.decode(called.tool_calls[0].arguments)) == ["city"]


def test_several_tools_are_called_on_request() -> None:
    called = turn(user("weather? [tools=3]"), tools=(WEATHER, TIME))
    assert [call.name for call in called.tool_calls] == ["weather", "time", "weather"]
    assert called.tool_calls[0] != called.tool_calls[2]
    assert len(turn(user("[tools=999]"), tools=(TIME,)).tool_calls) == TOOL_CALLS_MAX


def test_the_question_may_dictate_the_calls() -> None:
    question = '[call=weather {"city":"Rome","when":{"day":1}}] and [call=time {}] and [call=nothing {}]'
    calls = turn(user(question), tools=(WEATHER, TIME)).tool_calls
    assert [(call.name, call.arguments) for call in calls] == [
        ("weather", '{"city":"Rome","when":{"day":1}}'),
        ("time", "{}"),
    ]


def test_a_custom_tool_gets_text() -> None:
    (call,) = turn(user("?"), tools=(Tool("patch", is_custom=True),)).tool_calls
    assert call.is_custom
    assert len(call.arguments.split()) == 6


def test_the_question_may_ask_for_a_refusal() -> None:
    refused = turn(user("[refuse]"), tools=(WEATHER,))
    assert (refused.stop, refused.refusal) == (Stop.REFUSAL, REFUSAL)
    assert (refused.text, refused.tool_calls) == ("", ())


def test_pictures_and_documents_show_at_the_beginning() -> None:
    shown = turn(Said("user", "hello", ("aGk=",), 2)).text
    assert shown.startswith("[images=1 digest=")
    assert shown.endswith(f"] [documents=2] {turn(user('hello')).text}")
    assert shown != turn(Said("user", "hello", ("aGo=",), 2)).text
    assert turn(Said("user", "", ("aGk=",))).text.startswith("[images=1 ")


def test_a_continued_answer_still_shows_the_pictures() -> None:
    question = Said("user", "hello", ("aGk=",))
    whole = turn(question).text
    conversation = (question, Said("assistant", whole[:100]), user("Please continue."))
    assert take_turn(ask(*conversation), Personality(model_kind=ModelKind.EXACT)).text == whole[100:]


def test_an_echo_stands_in_front_of_text_but_not_of_json() -> None:
    question = user("hello [echo=params]")
    assert turn(question, max_tokens=500).text.startswith("[max=500] ")
    assert turn(question, schema=Schema(type="object")).text == "{}"


def test_a_forced_tool_is_the_one_that_is_called() -> None:
    assert turn(user("?"), tools=(WEATHER, TIME), forced_tool="time").tool_calls[0].name == "time"


def test_after_a_tool_result_comes_text() -> None:
    result = Said("user", "", results=(Result("t", "4"),))
    answered = turn(user("weather?"), Said("assistant", ""), result, tools=(WEATHER,))
    assert answered.text == turn(user("weather?")).text
    assert answered.tool_calls == ()


def test_a_structured_answer_is_json() -> None:
    answered = turn(user("?"), schema=Schema(properties={"n": Schema(type="integer")}))
    assert isinstance(msgspec.json.decode(answered.text)["n"], int)


def test_thinking_is_shown_or_kept_back() -> None:
    assert turn(user("?")).thinking is None
    assert turn(user("?"), thinking=Thinking.SHOWN).thinking
    assert not turn(user("?"), thinking=Thinking.OMITTED).thinking
    assert turn(user("? [think]")).thinking


def test_the_token_limit_cuts_the_text() -> None:
    cut = turn(user("hello"), max_tokens=10)
    assert cut.stop is Stop.LENGTH
    assert cut.text == turn(user("hello")).text[:40]
    assert turn(user("hello"), max_tokens=0).text == ""


def test_a_stop_sequence_cuts_the_text() -> None:
    whole = turn(user("hello")).text
    cut = turn(user("hello"), stop_sequences=(whole.split()[5], "never said"))
    assert (cut.stop, cut.stop_sequence) == (Stop.SEQUENCE, whole.split()[5])
    assert whole.startswith(cut.text)


@pytest.mark.parametrize("kind", list(ModelKind))
def test_a_cut_answer_is_continued_as_the_model_does(kind: ModelKind) -> None:
    whole = turn(user("hello")).text
    conversation = (user("hello"), Said("assistant", whole[:100]), user("Please continue."))
    said = take_turn(ask(*conversation), Personality(model_kind=kind)).text
    expected = {ModelKind.EXACT: whole[100:], ModelKind.RESTART: whole}
    assert said == expected.get(kind, said)
    assert whole.endswith(said) is (kind is not ModelKind.CONTRADICT)


def test_an_answer_can_be_continued_twice() -> None:
    whole = turn(user("hello")).text
    exact = Personality(model_kind=ModelKind.EXACT)
    for cut in (50, 120, len(whole)):
        conversation = (user("hello"), Said("assistant", whole[:cut]), user("Please continue."))
        assert take_turn(ask(*conversation), exact).text == whole[cut:]


def test_text_before_a_tool_call_is_continued_with_the_call() -> None:
    question = user("[text=Let me look that up for you.]")
    exact = Personality(model_kind=ModelKind.EXACT)
    conversation = (question, Said("assistant", "Let me look"), user("Please continue."))
    continued = take_turn(ask(*conversation, tools=(WEATHER,)), exact)
    assert continued.text == " that up for you."
    assert [call.name for call in continued.tool_calls] == ["weather"]


def test_a_conversation_without_a_question_gets_an_answer() -> None:
    assert turn(Said("assistant", "I am ready.")).text

import json

from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.conversation import ToolCall
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.piece import Called, Calling, Piece
from mainstay.wire.openai_chat.tool_calls import (
    ARGUMENTS_CHARACTERS_MAX,
    CALLS_MAX,
    CallDelta,
    FunctionDelta,
    ToolCalls,
)
from mainstay.wire.tool_ids import AnswerIds


def delta(
    index: int | None, call_id: str | None = None, name: str | None = None, arguments: str | None = None
) -> CallDelta:
    return CallDelta(index, call_id, None, FunctionDelta(name, arguments))


def gather(*deltas: CallDelta, is_cut: bool = False) -> list[Piece] | Fault:
    calls, pieces = ToolCalls("chatcmpl-1"), list[Piece]()
    for one in deltas:
        fault = calls.add(one, pieces)
        if fault is not None:
            return fault
    return calls.finish(pieces, is_cut=is_cut) or pieces


def called(*deltas: CallDelta, is_cut: bool = False) -> list[ToolCall]:
    pieces = gather(*deltas, is_cut=is_cut)
    assert isinstance(pieces, list), pieces
    return [piece.call for piece in pieces if isinstance(piece, Called)]


def is_broken(*deltas: CallDelta) -> bool:
    fault = gather(*deltas)
    return isinstance(fault, Fault) and (fault.kind, fault.code) == (FaultKind.MALFORMED, "broken_tool_call")


ONE, TWO = ToolCall("a", "f", '{"x":1}'), ToolCall("b", "g", "{}")


def test_a_call_in_pieces() -> None:
    assert gather(delta(0, "a", "f", ""), delta(0, arguments='{"x'), delta(0, arguments='":1}')) == [
        Calling(),
        Called(ONE),
    ]


def test_a_call_is_given_when_the_next_one_begins() -> None:
    assert gather(delta(0, "a", "f", '{"x":1}'), delta(1, "b", "g", "{}")) == [
        Calling(),
        Called(ONE),
        Calling(),
        Called(TWO),
    ]


def test_calls_may_be_mixed_and_keep_their_order() -> None:
    pieces = gather(delta(0, "a", "f", '{"x"'), delta(1, "b", "g", "{}"), delta(0, arguments=":1}"))
    assert pieces == [Calling(), Calling(), Called(ONE, open_calls=1), Called(TWO)]


def test_the_index_says_the_order() -> None:
    assert called(delta(1, "b", "g", "{}"), delta(0, "a", "f", '{"x":1}')) == [ONE, TWO]


def test_no_arguments_are_an_empty_object() -> None:
    assert called(delta(0, "b", "g"), delta(1, "c", "g", " ")) == [TWO, ToolCall("c", "g", "{}")]


def test_arguments_as_an_object() -> None:
    whole = CallDelta(0, "a", None, FunctionDelta("f", json.loads('{"x":1}')))
    assert [json.loads(call.arguments) for call in called(whole)] == [{"x": 1}]


def test_without_an_index_the_id_tells_calls_apart() -> None:
    assert called(delta(None, "a", "f", '{"x"'), delta(None, "a", None, ":1}"), delta(None, "b", "g")) == [ONE, TWO]


def test_with_neither_the_name_begins_a_call() -> None:
    calls = called(delta(None, None, "f", '{"x"'), delta(None, None, None, ":1}"), delta(None, None, "g", "{}"))
    assert [(call.name, call.arguments) for call in calls] == [("f", '{"x":1}'), ("g", "{}")]
    ids = AnswerIds("chatcmpl-1")
    assert [call.id for call in calls] == [ids.take("", "f"), ids.take("", "g")]


def test_the_same_index_for_every_call() -> None:
    assert called(delta(0, "a", "f", '{"x":1}'), delta(0, "b", "g"), delta(0, None, None, "{}")) == [ONE, TWO]


def test_the_same_id_for_every_call() -> None:
    calls = called(*(delta(index, "a", "f", "{}") for index in range(3)))
    assert [call.id for call in calls] == ["a", "a_2", "a_3"]


def test_the_same_id_and_no_index() -> None:
    calls = called(delta(None, "a", "f", "{}"), delta(None, "a", "g", "{}"))
    assert [(call.id, call.name) for call in calls] == [("a", "f"), ("a_2", "g")]


def test_name_and_id_may_come_again_with_each_piece() -> None:
    assert called(delta(0, "a", "f", '{"x"'), delta(0, "a", "f", ":1}")) == [ONE]
    assert called(delta(0, "a", "f", '{"x"'), delta(0, "z", None, ":1}")) == [ONE]


def test_the_name_may_come_in_pieces() -> None:
    assert called(delta(0, "b", "ge"), delta(0, name="t"), delta(0, arguments="{}"))[0].name == "get"


def test_broken_arguments() -> None:
    assert is_broken(delta(0, "a", "f", '{"x"'))
    assert is_broken(delta(0, "a", "f", "[]"))
    assert is_broken(delta(0, "a", "f", "{}"), delta(1, "b", "g", "{"))


def test_a_call_without_a_name() -> None:
    assert is_broken(delta(0, "a", None, "{}"))


def test_more_after_a_call_that_was_complete() -> None:
    first, second = delta(0, "a", "f", '{"x":1}'), delta(1, "b", "g", "{}")
    assert is_broken(first, second, delta(0, arguments="!"))
    assert called(first, second, delta(0, arguments=" \n")) == [ONE, TWO]


def test_a_call_without_json() -> None:
    assert is_broken(CallDelta(0, "a", "custom"))


def test_a_limit_may_cut_the_last_call_off() -> None:
    first = delta(0, "a", "f", '{"x":1}')
    assert called(first, delta(1, "b", "g", '{"y'), is_cut=True) == [ONE]
    assert called(first, delta(1, "b", "g"), is_cut=True) == [ONE]
    assert called(first, delta(1, "b", "g", "{}"), is_cut=True) == [ONE, TWO]


def test_bounds() -> None:
    assert is_broken(*(delta(index, str(index), "f", "{}") for index in range(CALLS_MAX + 1)))
    assert is_broken(delta(0, "a", "f", "{"), delta(0, arguments=" " * ARGUMENTS_CHARACTERS_MAX))


def test_two_hundred_calls_at_once() -> None:
    begun = [delta(index, f"c{index}", "f", "{") for index in range(200)]
    ended = [delta(index, arguments="}") for index in reversed(range(200))]
    assert [call.id for call in called(*begun, *ended)] == [f"c{index}" for index in range(200)]


def test_what_is_open() -> None:
    calls, pieces = ToolCalls(""), list[Piece]()
    seen = [(calls.has_open, calls.given)]
    calls.add(delta(0, "a", "f", "{}"), pieces)
    seen.append((calls.has_open, calls.given))
    calls.finish(pieces, is_cut=False)
    seen.append((calls.has_open, calls.given))
    assert seen == [(False, 0), (True, 0), (False, 1)]


@given(st.lists(st.dictionaries(st.text(), st.integers()), min_size=1, max_size=5), st.data())
def test_any_way_of_mixing_gives_the_same_calls(arguments: list[dict[str, int]], data: st.DataObject) -> None:
    texts = [json.dumps(one) for one in arguments]
    calls, pieces = ToolCalls(""), list[Piece]()
    for index, _ in enumerate(texts):
        assert calls.add(delta(index, f"c{index}", "f"), pieces) is None
    left = dict(enumerate(texts))
    while left:
        index = data.draw(st.sampled_from(sorted(left)))
        size = data.draw(st.integers(min_value=1, max_value=len(left[index])))
        assert calls.add(delta(index, arguments=left[index][:size]), pieces) is None
        left[index] = left[index][size:]
        left = {at: text for at, text in left.items() if text}
    assert calls.finish(pieces, is_cut=False) is None
    got = [piece.call for piece in pieces if isinstance(piece, Called)]
    assert got == [ToolCall(f"c{index}", "f", text) for index, text in enumerate(texts)]
    assert [piece.open_calls for piece in pieces if isinstance(piece, Called)][-1] == 0

from mainstay.lab.provider.turn import ToolCall, Turn


def test_everything_that_is_said_costs_tokens() -> None:
    turn = Turn(text="a" * 40, thinking="b" * 40, tool_calls=(ToolCall("t", "c" * 40),))
    assert turn.output_tokens == 30
    assert Turn().output_tokens == 1

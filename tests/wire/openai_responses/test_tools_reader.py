import json

import msgspec

from mainstay.model.conversation import Tool, ToolChoice, ToolMode
from mainstay.wire.json_bytes import raw
from mainstay.wire.openai_responses.calls import FREE_TEXT_SCHEMA
from mainstay.wire.openai_responses.tools_reader import NamedChoice, OfferedTool, read_choice, read_tools

F = Tool("f")


def test_a_function() -> None:
    offered = OfferedTool("function", "f", "Does it", raw({"type": "object"}), strict=True)
    assert read_tools([offered]).tools == (Tool("f", "Does it", b'{"type":"object"}', strict=True),)


def test_a_function_without_parameters_takes_none() -> None:
    (tool,) = read_tools([OfferedTool("function", "f", parameters=raw(None))]).tools
    assert json.loads(tool.schema) == {"type": "object", "properties": {}}


def test_free_text_becomes_the_one_parameter_of_a_function() -> None:
    told = read_tools([OfferedTool("custom", "patch", "Edits")])
    assert told.tools == (Tool("patch", "Edits", FREE_TEXT_SCHEMA),)
    assert told.custom == ("patch",)


def test_only_words_can_ask_for_a_grammar() -> None:
    grammar = raw(
        {"type": "custom", "name": "p", "format": {"type": "grammar", "syntax": "lark", "definition": "start: A"}}
    )
    (tool,) = read_tools([msgspec.json.decode(grammar, type=OfferedTool)]).tools
    assert tool.description == "The parameter `input` must follow this lark grammar:\nstart: A"


def test_a_rule_for_tools() -> None:
    assert read_choice(None, [F], parallel=None) is None
    assert read_choice(None, [F], parallel=True) == ToolChoice(parallel=True)
    assert read_choice("none", [F], parallel=None) == ToolChoice(ToolMode.NONE)
    assert read_choice("required", [F], parallel=None) == ToolChoice(ToolMode.REQUIRED)
    assert read_choice(NamedChoice("custom", "f"), [F], parallel=None) == ToolChoice(ToolMode.NAMED, "f")


def test_a_rule_that_nobody_else_can_keep() -> None:
    assert read_choice("odd", [F], parallel=None) == "tool choice odd"
    assert read_choice("required", [], parallel=None) == "tool choice required"
    assert read_choice(NamedChoice("mcp"), [F], parallel=None) == "tool choice mcp"

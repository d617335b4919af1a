import json

import msgspec

from mainstay.model.conversation import Tool, ToolChoice, ToolMode
from mainstay.wire.json_bytes import raw
from mainstay.wire.notes import ReadingNotes
from mainstay.wire.openai_responses.calls import FREE_TEXT_SCHEMA
from mainstay.wire.openai_responses.tools_reader import (
    NamedChoice,
    OfferedTool,
    free_text_tools,
    read_choice,
    read_tools,
)

F = Tool("f")


def test_a_function() -> None:
    offered = OfferedTool("function", "f", "Does it", raw({"type": "object"}), strict=True)
    assert read_tools([offered], ReadingNotes()) == (Tool("f", "Does it", b'{"type":"object"}', strict=True),)


def test_a_function_without_parameters_takes_none() -> None:
    (tool,) = read_tools([OfferedTool("function", "f", parameters=raw(None))], ReadingNotes())
    assert json.loads(tool.schema) == {"type": "object", "properties": {}}


def test_free_text_becomes_the_one_parameter_of_a_function() -> None:
    offered = [OfferedTool("custom", "patch", "Edits"), OfferedTool("function", "f")]
    assert read_tools(offered, ReadingNotes()) == (Tool("patch", "Edits", FREE_TEXT_SCHEMA), F)
    assert free_text_tools(offered) == ("patch",)


def test_only_words_can_ask_for_a_grammar() -> None:
    grammar = raw(
        {"type": "custom", "name": "p", "format": {"type": "grammar", "syntax": "lark", "definition": "start: A"}}
    )
    (tool,) = read_tools([msgspec.json.decode(grammar, type=OfferedTool)], ReadingNotes())
    assert tool.description == "The parameter `input` must follow this lark grammar:\nstart: A"


def test_tools_of_the_provider_are_left_out_or_bar_the_crossing() -> None:
    notes = ReadingNotes()
    assert read_tools([OfferedTool("web_search"), OfferedTool("mcp"), OfferedTool("web_search")], notes) == ()
    assert (notes.extras, notes.stays) == (("tool web_search",), ("tool mcp",))


def ruled(choice: str | NamedChoice | None, *tools: Tool, parallel: bool | None = None) -> object:
    """The rule, or why no other dialect can keep it."""
    notes = ReadingNotes()
    rule = read_choice(choice, tools, notes, parallel=parallel)
    return notes.stays or rule


def test_a_rule_for_tools() -> None:
    assert ruled(None, F) is None
    assert ruled(None, F, parallel=True) == ToolChoice(parallel=True)
    assert ruled("none", F) == ToolChoice(ToolMode.NONE)
    assert ruled("required", F) == ToolChoice(ToolMode.REQUIRED)
    assert ruled(NamedChoice("custom", "f"), F) == ToolChoice(ToolMode.NAMED, "f")


def test_a_rule_that_nobody_else_can_keep() -> None:
    assert ruled("odd", F) == ("tool choice odd",)
    assert ruled("required") == ("tool choice required",)
    assert ruled(NamedChoice("mcp"), F) == ("tool choice mcp",)

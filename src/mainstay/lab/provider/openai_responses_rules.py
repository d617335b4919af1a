"""What the OpenAI Responses API refuses: rules that its types alone do not say. Source: its documentation and the
wording of its errors."""

import re
from collections.abc import Iterator

import msgspec

from mainstay.lab.provider.ask import Problem
from mainstay.lab.provider.openai_responses_body import Body, ContentPart, Item, ToolChoice, output_parts

OUTPUT_TOKENS_MIN = 16
CALL_ID_CHARS_MAX = 64
TEMPERATURE_MAX = 2.0

_FUNCTION_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_FOREIGN = frozenset(
    {
        "messages", "max_tokens", "max_completion_tokens", "stop", "stop_sequences", "response_format", "functions",
        "function_call", "n", "frequency_penalty", "presence_penalty", "seed", "logit_bias", "reasoning_effort",
        "top_k", "system", "thinking", "logprobs",
    }
)  # fmt: skip
"""Parameters of other dialects."""
_CALLS = {"function_call": "function_call_output", "custom_tool_call": "custom_tool_call_output"}
_OUTPUTS = {output: call for call, output in _CALLS.items()}
_ID_PREFIXES = {"message": "msg", "function_call": "fc", "custom_tool_call": "ctc", "reasoning": "rs"}
_TYPES = frozenset(
    {
        *_ID_PREFIXES, *_OUTPUTS, "item_reference", "compaction", "compaction_trigger", "additional_tools",
        "configuration_update", "web_search_call", "file_search_call", "computer_call", "computer_call_output",
        "image_generation_call", "code_interpreter_call", "local_shell_call", "local_shell_call_output", "shell_call",
        "shell_call_output", "apply_patch_call", "apply_patch_call_output", "mcp_list_tools", "mcp_approval_request",
        "mcp_approval_response", "mcp_call", "tool_search_call", "tool_search_output", "program", "program_output",
    }
)  # fmt: skip
_ROLES = ("assistant", "system", "developer", "user")
_ASSISTANT_PARTS = ("output_text", "refusal")
_INPUT_PARTS = ("input_text", "input_image", "input_file", "input_audio")
_IMAGE_URLS = ("https://", "http://", "data:image/")


def problem_in(body: Body, parameters: frozenset[str]) -> Problem | None:
    """The first rule that the request breaks. `parameters` are the names of all that it gives."""
    return next(_problems(body, parameters), None)


def _problems(body: Body, parameters: frozenset[str]) -> Iterator[Problem]:
    for name in sorted(parameters & _FOREIGN):
        yield Problem(f"Unsupported parameter: '{name}'.", name, "unsupported_parameter")
    yield from _state(body)
    yield from _limits(body)
    yield from _tools(body)
    items = body.items
    for index, item in enumerate(items):
        yield from _item(f"input[{index}]", item)
    yield from _pairs(items, has_earlier=body.previous_response_id is not None)
    yield from _followed(items)


def _state(body: Body) -> Iterator[Problem]:
    """What lives at the provider. The fake keeps nothing, so it knows no conversation."""
    has_conversation = bytes(body.conversation) != b"null"
    if has_conversation and body.previous_response_id is not None:
        message = "Mutually exclusive parameters: 'previous_response_id' and 'conversation'."
        yield Problem(message, "conversation", "mutually_exclusive_parameters")
    if has_conversation:
        name = bytes(body.conversation).decode()
        yield Problem(f"Conversation with id {name} not found.", "conversation", "conversation_not_found", 404)
    if not body.items and body.previous_response_id is None:
        yield Problem(
            "One of 'input' or 'previous_response_id' must be provided.", "input", "missing_required_parameter"
        )


def _limits(body: Body) -> Iterator[Problem]:
    if body.max_output_tokens is not None and body.max_output_tokens < OUTPUT_TOKENS_MIN:
        message = f"Invalid 'max_output_tokens': integer below minimum value. Expected at least {OUTPUT_TOKENS_MIN}."
        yield Problem(message, "max_output_tokens", "integer_below_min_value")
    if body.temperature is not None and not 0 <= body.temperature <= TEMPERATURE_MAX:
        yield Problem("Invalid 'temperature': expected a value from 0 to 2.", "temperature", "decimal_above_max_value")
    shape = body.text.format if body.text else None
    if shape is not None and shape.type == "json_schema" and not shape.name:
        message = "Missing required parameter: 'text.format.name'."
        yield Problem(message, "text.format.name", "missing_required_parameter")


def _tools(body: Body) -> Iterator[Problem]:
    for index, tool in enumerate(body.tools or ()):
        if tool.type in ("function", "custom") and not _FUNCTION_NAME.fullmatch(tool.name):
            where = f"tools[{index}].name"
            message = f"Invalid '{where}': string does not match pattern '^[a-zA-Z0-9_-]{{1,64}}$'."
            yield Problem(message, where, "invalid_value")
    choice = body.tool_choice
    if isinstance(choice, ToolChoice) and choice.type in ("function", "custom"):
        if choice.name not in {tool.name for tool in body.tools or ()}:
            yield Problem(f"Tool choice '{choice.name}' not found in 'tools' parameter.", "tool_choice")
    elif choice == "required" and not body.tools:
        yield Problem("Tool choice 'required' must be specified with 'tools' parameter.", "tool_choice")


def _item(where: str, item: Item) -> Iterator[Problem]:
    if item.type not in _TYPES:
        yield Problem(f"Invalid value: {item.type!r}.", f"{where}.type", "invalid_value")
    if item.type == "item_reference":
        yield Problem(f"Item with id '{item.id}' not found.", "input", status=404)
    prefix = _ID_PREFIXES.get(item.type, "")
    if item.id is not None and not item.id.startswith(prefix):
        message = f"Invalid '{where}.id': '{item.id}'. Expected an ID that begins with '{prefix}'."
        yield Problem(message, f"{where}.id", "invalid_value")
    if (item.type in _CALLS or item.type in _OUTPUTS) and not 1 <= len(item.call_id) <= CALL_ID_CHARS_MAX:
        message = f"Invalid '{where}.call_id': expected a string of 1 to {CALL_ID_CHARS_MAX} characters."
        yield Problem(message, f"{where}.call_id", "string_above_max_length")
    if item.type in _CALLS and not _FUNCTION_NAME.fullmatch(item.name):
        message = f"Invalid '{where}.name': string does not match pattern '^[a-zA-Z0-9_-]{{1,64}}$'."
        yield Problem(message, f"{where}.name", "invalid_value")
    if item.type == "message":
        yield from _message(where, item)
    if item.type in _OUTPUTS:
        yield from _output(where, item)


def _message(where: str, item: Item) -> Iterator[Problem]:
    if item.role not in _ROLES:
        yield Problem(f"Invalid value: {item.role!r}.", f"{where}.role", "invalid_value")
    if item.content is None:
        yield Problem(f"Missing required parameter: '{where}.content'.", where, "missing_required_parameter")
    supported = _ASSISTANT_PARTS if item.role == "assistant" else _INPUT_PARTS
    for place, part in enumerate(item.parts):
        yield from _part(f"{where}.content[{place}]", part, supported)


def _output(where: str, item: Item) -> Iterator[Problem]:
    try:
        parts = output_parts(item)
    except msgspec.ValidationError as error:
        yield Problem(f"Invalid type for '{where}.output': {error}", f"{where}.output", "invalid_type")
        return
    for place, part in enumerate(parts):
        yield from _part(f"{where}.output[{place}]", part, _INPUT_PARTS)


def _part(where: str, part: ContentPart, supported: tuple[str, ...]) -> Iterator[Problem]:
    if part.type not in supported:
        names = ", ".join(repr(name) for name in supported)
        yield Problem(f"Invalid value: {part.type!r}. Supported values are: {names}.", where, "invalid_value")
    elif part.image_url is not None and not part.image_url.startswith(_IMAGE_URLS):
        message = f"Invalid '{where}.image_url'. Expected an http URL or a data URL of an image."
        yield Problem(message, f"{where}.image_url", "invalid_value")


def _pairs(items: list[Item], *, has_earlier: bool) -> Iterator[Problem]:
    """Every output has its call before it (or in the answer that the request goes on from), every call its output."""
    called: dict[tuple[str, str], bool] = {}
    for item in items:
        if item.type in _CALLS:
            called[item.type, item.call_id] = False
        elif item.type in _OUTPUTS:
            key = _OUTPUTS[item.type], item.call_id
            if key not in called and not has_earlier:
                yield Problem(f"No tool call found for {_words(item.type)} with call_id {item.call_id}.", "input")
            called[key] = True
    for (kind, call_id), is_answered in called.items():
        if not is_answered:
            yield Problem(f"No tool output found for {_words(kind)} {call_id}.", "input")


def _followed(items: list[Item]) -> Iterator[Problem]:
    """Reasoning stands in front of what it led to."""
    for index, item in enumerate(items):
        if item.type != "reasoning":
            continue
        then = items[index + 1] if index + 1 < len(items) else None
        if then is None or then.type in _OUTPUTS or (then.type == "message" and then.role != "assistant"):
            message = f"Item '{item.id}' of type 'reasoning' was provided without its required following item."
            yield Problem(message, "input")


def _words(kind: str) -> str:
    return kind.replace("_", " ")

"""What the OpenAI Chat Completions API refuses: rules that its types alone do not say. Source: its documentation and
the wording of its errors."""

import re
from collections.abc import Iterator

from mainstay.lab.provider.ask import CHOICES_MAX, Problem
from mainstay.lab.provider.openai_chat_body import Body, ContentPart, Message, ToolChoice

CALL_ID_CHARS_MAX = 40
STOP_SEQUENCES_MAX = 4
TEMPERATURE_MAX = 2.0

_FUNCTION_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_ROLES = ("system", "assistant", "user", "function", "tool", "developer")
_PARTS = {
    "user": ("text", "image_url", "input_audio", "file"),
    "assistant": ("text", "refusal"),
}
_TEXT_ONLY = ("text",)
_IMAGE_URLS = ("https://", "http://", "data:image/")


def problem_in(body: Body) -> Problem | None:
    """The first rule that the request breaks."""
    return next(_problems(body), None)


def _problems(body: Body) -> Iterator[Problem]:
    if not body.messages:
        yield Problem("Invalid 'messages': empty array. Expected at least one message.", "messages", "empty_array")
    yield from _limits(body)
    yield from _tools(body)
    for index, message in enumerate(body.messages):
        yield from _message(f"messages[{index}]", message)
    yield from _pairs(body.messages)


def _limits(body: Body) -> Iterator[Problem]:
    if body.n is not None and not 1 <= body.n <= CHOICES_MAX:
        yield Problem(f"Invalid 'n': expected 1 to {CHOICES_MAX}.", "n")
    if len(body.stop_sequences) > STOP_SEQUENCES_MAX:
        message = f"Invalid 'stop': array too long. Expected an array with maximum length {STOP_SEQUENCES_MAX}."
        yield Problem(message, "stop", "array_above_max_length")
    if body.temperature is not None and not 0 <= body.temperature <= TEMPERATURE_MAX:
        message = "Invalid 'temperature': expected a value from 0 to 2."
        yield Problem(message, "temperature", "decimal_above_max_value" if body.temperature > 0 else "")
    if body.max_tokens is not None and body.max_completion_tokens is not None:
        message = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."
        yield Problem(message, "max_tokens", "invalid_parameter_combination")


def _tools(body: Body) -> Iterator[Problem]:
    if body.tools is not None and not body.tools:
        yield Problem("Invalid 'tools': empty array. Expected at least one tool.", "tools", "empty_array")
    for index, tool in enumerate(body.tools or ()):
        if tool.function is not None and not _FUNCTION_NAME.fullmatch(tool.function.name):
            where = f"tools[{index}].function.name"
            message = f"Invalid '{where}': string does not match pattern '^[a-zA-Z0-9_-]{{1,64}}$'."
            yield Problem(message, where, "invalid_value")
    if not body.tools:
        for name, value in (("tool_choice", body.tool_choice), ("parallel_tool_calls", body.parallel_tool_calls)):
            if value is not None and value != "none":
                yield Problem(f"'{name}' is only allowed when 'tools' are specified.", name)
    names = {tool.function.name for tool in body.tools or () if tool.function is not None}
    choice = body.tool_choice
    if isinstance(choice, ToolChoice) and choice.function.name and choice.function.name not in names:
        yield Problem(f"Tool choice '{choice.function.name}' not found in 'tools' parameter.", "tool_choice")


def _message(where: str, message: Message) -> Iterator[Problem]:
    if message.role not in _ROLES:
        supported = ", ".join(repr(role) for role in _ROLES)
        text = f"Invalid value: {message.role!r}. Supported values are: {supported}."
        yield Problem(text, f"{where}.role", "invalid_value")
    if message.content is None and message.role in ("user", "system", "developer", "tool"):
        yield Problem("Invalid value for 'content': expected a string, got null.", f"{where}.content")
    if message.role == "assistant" and message.content is None and not message.tool_calls and message.refusal is None:
        yield Problem("Invalid value for 'content': expected a string, got null.", f"{where}.content")
    if message.content == []:
        yield Problem(f"Invalid '{where}.content': empty array.", f"{where}.content", "empty_array")
    for place, part in enumerate(message.parts):
        yield from _part(f"{where}.content[{place}]", part, message.role)
    for place, call in enumerate(message.tool_calls or ()):
        if not 1 <= len(call.id) <= CALL_ID_CHARS_MAX:
            name = f"{where}.tool_calls[{place}].id"
            text = f"Invalid '{name}': expected a string of 1 to {CALL_ID_CHARS_MAX} characters."
            yield Problem(text, name, "string_above_max_length")


def _part(where: str, part: ContentPart, role: str) -> Iterator[Problem]:
    supported = _PARTS.get(role, _TEXT_ONLY)
    if part.type == "image_url" and role != "user":
        text = f"Image URLs are only allowed for messages with role 'user', but this message has role {role!r}."
        yield Problem(text, where, "invalid_value")
    elif part.type not in supported:
        names = ", ".join(repr(name) for name in supported)
        yield Problem(f"Invalid value: {part.type!r}. Supported values are: {names}.", where, "invalid_value")
    elif part.type == "image_url" and not part.image_url.url.startswith(_IMAGE_URLS):
        yield Problem("Invalid image: expected an http URL or a data URL of an image.", where, "invalid_image_url")


def _pairs(messages: list[Message]) -> Iterator[Problem]:
    """Every call is answered by the tool messages right behind it, and every tool message answers one."""
    open_ids: list[str] = []
    for index, message in enumerate(messages):
        if message.role == "tool":
            if message.tool_call_id not in open_ids:
                yield Problem(
                    "Invalid parameter: messages with role 'tool' must be a response to a preceding message with "
                    f"'tool_calls'; there is no open call '{message.tool_call_id}'.",
                    f"messages.[{index}].role",
                )
            else:
                open_ids.remove(message.tool_call_id)
            continue
        yield from _unanswered(open_ids, index)
        open_ids = [call.id for call in message.tool_calls or ()]
        if len(set(open_ids)) < len(open_ids):
            yield Problem("Duplicate value for 'tool_call_id' in one message.", f"messages.[{index}].tool_calls")
    yield from _unanswered(open_ids, len(messages))


def _unanswered(open_ids: list[str], index: int) -> Iterator[Problem]:
    if open_ids:
        yield Problem(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
            f"'tool_call_id'. The following tool_call_ids did not have response messages: {', '.join(open_ids)}",
            f"messages.[{index}].role",
        )

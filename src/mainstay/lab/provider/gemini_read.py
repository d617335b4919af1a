"""Reads a request of the Gemini API; the model and whether to stream stand in its URL."""

from collections import Counter

import msgspec

from mainstay.lab.provider.ask import CHOICES_MAX, Ask, Problem, Result, Said, Thinking, Tool, tokens
from mainstay.lab.provider.gemini_body import Body, BodyPart, Content, FunctionDeclaration, FunctionResponse
from mainstay.lab.provider.gemini_names import in_camel_case
from mainstay.lab.provider.gemini_rules import claims, problem_in
from mainstay.lab.provider.sample import Json, Schema
from mainstay.lab.provider.vertex_paths import Target

_JSON: msgspec.json.Decoder[Json] = msgspec.json.Decoder()


def read_gemini(body: bytes, target: Target) -> Ask | Problem:
    """Read the body of `generateContent` or `streamGenerateContent`."""
    try:
        asked = msgspec.convert(in_camel_case(_JSON.decode(body)), Body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Problem(f"Invalid JSON payload received. {error}")
    if not 1 <= asked.generation_config.candidate_count <= CHOICES_MAX:
        return Problem(f"candidateCount must be from 1 to {CHOICES_MAX}.")
    return problem_in(asked, target.model) or _ask(asked, body, target)


def _ask(asked: Body, body: bytes, target: Target) -> Ask:
    config, wanted = asked.generation_config, asked.generation_config.thinking_config
    input_tokens = tokens(body)
    mode = asked.tool_config.function_calling_config.mode
    return Ask(
        model=target.model,
        stream=target.verb == "streamGenerateContent",
        conversation=_conversation(asked.contents),
        system="\n".join(part.text or "" for part in asked.system_instruction.parts),
        tools=() if mode == "NONE" else tuple(_tool(function) for function in asked.functions),
        forced_tool=_forced_tool(asked),
        schema=_schema(asked),
        thinking=Thinking.SHOWN if wanted.include_thoughts else Thinking.OFF,
        effort=wanted.thinking_level or ("" if wanted.thinking_budget is None else str(wanted.thinking_budget)),
        max_tokens=config.max_output_tokens,
        temperature=config.temperature,
        stop_sequences=tuple(config.stop_sequences),
        choices=config.candidate_count,
        claims=tuple(claims(asked)),
        input_tokens=input_tokens,
    )


def _tool(function: FunctionDeclaration) -> Tool:
    return Tool(function.name, function.parameters_json_schema or function.parameters or Schema())


def _forced_tool(asked: Body) -> str:
    config = asked.tool_config.function_calling_config
    if config.mode != "ANY" or not asked.functions:
        return ""
    return next(iter(config.allowed_function_names), asked.functions[0].name)


def _schema(asked: Body) -> Schema | None:
    config = asked.generation_config
    if config.response_mime_type != "application/json":
        return None
    any_object = Schema(properties={"answer": Schema(type="string")})
    return config.response_json_schema or config.response_schema or any_object


def _conversation(contents: list[Content]) -> tuple[Said, ...]:
    """The turns; neighbours of one role are one turn."""
    merged: list[Content] = []
    for content in contents:
        if merged and merged[-1].role == content.role:
            merged[-1] = Content([*merged[-1].parts, *content.parts], content.role)
        else:
            merged.append(content)
    calls: Counter[str] = Counter()
    results: Counter[str] = Counter()
    return tuple(_said(content, calls, results) for content in merged)


def _said(content: Content, calls: Counter[str], results: Counter[str]) -> Said:
    parts = content.parts
    files = [part.inline_data for part in parts if part.inline_data]
    return Said(
        "assistant" if content.role == "model" else "user",
        "".join(part.text or "" for part in parts if not part.thought),
        _images(parts),
        sum(not file.mime_type.startswith("image/") for file in files),
        tuple(_result(part.function_response, results) for part in parts if part.function_response),
        tuple(_id(call.id, call.name, calls) for part in parts if (call := part.function_call)),
    )


def _result(response: FunctionResponse, results: Counter[str]) -> Result:
    said = response.response.get("output", response.response.get("error"))
    text = said if isinstance(said, str) else msgspec.json.encode(response.response).decode()
    return Result(_id(response.id, response.name, results), text, _images(response.parts))


def _id(given: str, name: str, seen: Counter[str]) -> str:
    """The id, or what pairs calls and results without one: the name, and the how manieth of it."""
    seen[name] += 1
    return given or f"{name}/{seen[name]}"


def _images(parts: list[BodyPart]) -> tuple[str, ...]:
    blobs = [part.inline_data.data for part in parts if part.inline_data and _is_image(part.inline_data.mime_type)]
    return (*blobs, *(part.file_data.file_uri for part in parts if part.file_data))


def _is_image(mime_type: str) -> bool:
    return mime_type.startswith("image/")

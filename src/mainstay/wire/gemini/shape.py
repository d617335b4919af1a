"""The shapes of a request. Source: the types of Google's Gen AI SDK (`google-genai` 3.4), in their JSON names."""

import msgspec


class _Shape(msgspec.Struct, rename="camel", omit_defaults=True):
    """Members that say nothing are left out."""


class Blob(_Shape):
    """A file by value; `data` is base64."""

    mime_type: str
    data: str


class FileData(_Shape):
    """A file that Google keeps."""

    file_uri: str
    mime_type: str = ""


class FunctionCall(_Shape):
    """`args` is a JSON object."""

    name: str
    args: msgspec.Raw
    id: str = ""


class Outcome(_Shape):
    """What a function gave back, or its error."""

    output: str | None = None
    error: str | None = None


class FunctionResponse(_Shape):
    """The result for a call; `name` is that of the function, `parts` are files."""

    name: str
    response: Outcome
    id: str = ""
    parts: "list[Part]" = []


class Part(_Shape):
    """One member says what it is; `thought` and `thought_signature` stand beside it."""

    text: str | None = None
    thought: bool = False
    thought_signature: str = ""
    inline_data: Blob | None = None
    file_data: FileData | None = None
    function_call: FunctionCall | None = None
    function_response: FunctionResponse | None = None


class Content(_Shape):
    """One turn: `user` or `model`; a system instruction has no role."""

    parts: list[Part]
    role: str = ""


class FunctionDeclaration(_Shape):
    """A function; its schema is JSON Schema as it came."""

    name: str
    parameters_json_schema: msgspec.Raw
    description: str = ""


class Tool(_Shape):
    """All functions stand in one tool."""

    function_declarations: list[FunctionDeclaration]


class FunctionCallingConfig(_Shape):
    """`AUTO`, `NONE` or `ANY`, and which functions it is about."""

    mode: str
    allowed_function_names: list[str] = []


class ToolConfig(_Shape):
    """The rule for functions."""

    function_calling_config: FunctionCallingConfig


class ThinkingConfig(_Shape):
    """A budget or a level, never both."""

    include_thoughts: bool = False
    thinking_budget: int | None = None
    thinking_level: str = ""


class GenerationConfig(_Shape):
    """Parameters of the answer."""

    max_output_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    stop_sequences: list[str] = []
    response_mime_type: str = ""
    response_json_schema: msgspec.Raw | None = None
    thinking_config: ThinkingConfig | None = None


class Request(_Shape):
    """The body of `generateContent` and `streamGenerateContent`."""

    contents: list[Content]
    system_instruction: Content | None = None
    tools: list[Tool] = []
    tool_config: ToolConfig | None = None
    generation_config: GenerationConfig | None = None

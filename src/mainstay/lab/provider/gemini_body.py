"""The body of a Gemini request, as strictly as Google reads it: a member with an unknown name is refused.

Source of the shapes: the types of Google's Gen AI SDK.
"""

import msgspec

from mainstay.lab.provider.sample import Schema


class _Shape(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Names in camel case."""


class Blob(_Shape, frozen=True):
    """A file by value, in base64."""

    mime_type: str
    data: str
    display_name: str = ""


class FileData(_Shape, frozen=True):
    """A file by address."""

    file_uri: str
    mime_type: str = ""


class FunctionCall(_Shape, frozen=True):
    """A call that the model made."""

    name: str
    args: dict[str, object] = {}
    id: str = ""


class FunctionResponse(_Shape, frozen=True):
    """What the function gave back."""

    name: str
    response: dict[str, object]
    id: str = ""
    parts: "list[BodyPart]" = []


class BodyPart(_Shape, frozen=True):
    """A piece of content."""

    text: str | None = None
    thought: bool = False
    thought_signature: str = ""
    inline_data: Blob | None = None
    file_data: FileData | None = None
    function_call: FunctionCall | None = None
    function_response: FunctionResponse | None = None

    @property
    def kinds(self) -> int:
        """How many things the part says that it is."""
        members = (self.text, self.inline_data, self.file_data, self.function_call, self.function_response)
        return sum(member is not None for member in members)


class Content(_Shape, frozen=True):
    """One turn."""

    parts: list[BodyPart] = []
    role: str = "user"


class FunctionDeclaration(_Shape, frozen=True):
    """A function. `parameters` is Google's own form of a schema."""

    name: str
    description: str = ""
    parameters: Schema | None = None
    parameters_json_schema: Schema | None = None
    behavior: str = ""


class BodyTool(_Shape, frozen=True):
    """Functions."""

    function_declarations: list[FunctionDeclaration] = []


class FunctionCallingConfig(_Shape, frozen=True):
    """`AUTO`, `NONE`, `ANY`."""

    mode: str = "AUTO"
    allowed_function_names: list[str] = []


class ToolConfig(_Shape, frozen=True):
    """The rule for functions."""

    function_calling_config: FunctionCallingConfig = FunctionCallingConfig()


class ThinkingConfig(_Shape, frozen=True):
    """The wish for reasoning."""

    include_thoughts: bool = False
    thinking_budget: int | None = None
    thinking_level: str = ""


class GenerationConfig(_Shape, frozen=True):
    """Parameters."""

    max_output_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: float | None = None
    seed: int | None = None
    candidate_count: int = 1
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    stop_sequences: list[str] = []
    response_mime_type: str = "text/plain"
    response_schema: Schema | None = None
    response_json_schema: Schema | None = None
    thinking_config: ThinkingConfig = ThinkingConfig()


class Body(_Shape, frozen=True):
    """The whole request."""

    contents: list[Content] = []
    system_instruction: Content = Content()
    tools: list[BodyTool] = []
    tool_config: ToolConfig = ToolConfig()
    generation_config: GenerationConfig = GenerationConfig()

    @property
    def functions(self) -> list[FunctionDeclaration]:
        """All functions that are offered."""
        return [function for tool in self.tools for function in tool.function_declarations]

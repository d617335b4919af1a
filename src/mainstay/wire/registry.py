"""What this version speaks: dialects, crossings, platforms. A new dialect is one folder and its lines here."""

from mainstay.model.catalogue import Platform
from mainstay.model.ports import Dialect
from mainstay.wire.anthropic.codec import AnthropicCodec
from mainstay.wire.anthropic.dialect import AnthropicDialect
from mainstay.wire.azure import AzureDoor
from mainstay.wire.bedrock.codec import BedrockCodec
from mainstay.wire.bedrock.door import ConverseDoor, InvokeDoor
from mainstay.wire.codec import CallerCodec, UpstreamCodec
from mainstay.wire.crossing.passages import Speech
from mainstay.wire.direct import DirectDoor
from mainstay.wire.gemini.codec import GeminiCodec
from mainstay.wire.gemini.door import GeminiDoor
from mainstay.wire.openai_chat.codec import OpenaiChatCodec
from mainstay.wire.openai_chat.dialect import OpenaiChatDialect
from mainstay.wire.openai_responses.codec import OpenaiResponsesCallerCodec, OpenaiResponsesUpstreamCodec
from mainstay.wire.openai_responses.dialect import OpenaiResponsesDialect
from mainstay.wire.platform import PlatformDoor
from mainstay.wire.vertex import VertexClaudeDoor, VertexDoor

DIALECTS: dict[str, Dialect] = {
    "anthropic": AnthropicDialect(),
    "openai-chat": OpenaiChatDialect(),
    "openai-responses": OpenaiResponsesDialect(),
}
"""Those that callers speak, and upstreams too."""

_ANTHROPIC, _CHAT = AnthropicCodec(), OpenaiChatCodec()
_DIRECT, _AZURE = DirectDoor(), AzureDoor()

CALLERS: dict[str, CallerCodec] = {
    "anthropic": _ANTHROPIC,
    "openai-chat": _CHAT,
    "openai-responses": OpenaiResponsesCallerCodec(),
}
UPSTREAMS: dict[str, UpstreamCodec] = {
    "anthropic": _ANTHROPIC,
    "openai-chat": _CHAT,
    "openai-responses": OpenaiResponsesUpstreamCodec(),
    "bedrock": BedrockCodec(),
    "gemini": GeminiCodec(),
}
DOORS: dict[tuple[Platform, str], PlatformDoor] = {
    (Platform.DIRECT, "anthropic"): _DIRECT,
    (Platform.DIRECT, "openai-chat"): _DIRECT,
    (Platform.DIRECT, "openai-responses"): _DIRECT,
    (Platform.DIRECT, "gemini"): GeminiDoor(),
    (Platform.AZURE, "openai-chat"): _AZURE,
    (Platform.AZURE, "openai-responses"): _AZURE,
    (Platform.BEDROCK, "bedrock"): ConverseDoor(),
    (Platform.BEDROCK, "anthropic"): InvokeDoor(),
    (Platform.VERTEX, "anthropic"): VertexClaudeDoor(),
    (Platform.VERTEX, "gemini"): VertexDoor(),
}

SPEECH = Speech(DIALECTS, CALLERS, UPSTREAMS, DOORS)

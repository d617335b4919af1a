"""The dialects that this version speaks, by name. A new one is one folder and one line here."""

from mainstay.model.ports import Dialect
from mainstay.wire.anthropic.dialect import AnthropicDialect
from mainstay.wire.openai_chat.dialect import OpenaiChatDialect

DIALECTS: dict[str, Dialect] = {
    "anthropic": AnthropicDialect(),
    "openai-chat": OpenaiChatDialect(),
}

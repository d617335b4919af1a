"""A notice as it goes out, in words for people and for programs."""

from datetime import UTC, datetime
from typing import Final

import msgspec

from mainstay.model.notice import Notice, Severity

UNACKNOWLEDGED: Final = "Nobody has acted yet: "


class Message(msgspec.Struct, frozen=True):
    """What is sent. `id` is the same in every try, so that a receiver who hears it twice can tell."""

    id: str
    at: float
    key: str
    severity: Severity
    title: str
    text: str
    incident: str = ""
    is_escalation: bool = False

    @property
    def headline(self) -> str:
        """One line: how grave it is, and what."""
        return f"[{self.severity.upper()}] {UNACKNOWLEDGED if self.is_escalation else ''}{self.title}"

    @property
    def body(self) -> str:
        """All that is to be read."""
        rest = f"Incident {self.incident}\n" if self.incident else ""
        return f"{self.text}\n\n{rest}Mainstay, {instant(self.at)}".lstrip()

    def payload(self) -> bytes:
        """JSON for webhooks."""
        data = {
            "key": self.key,
            "severity": self.severity.value,
            "title": self.title,
            "text": self.text,
            "incident": self.incident,
            "is_escalation": self.is_escalation,
        }
        return msgspec.json.encode({"type": "notice", "timestamp": instant(self.at), "data": data})


def message_of(notice: Notice, message_id: str, at: float, *, is_escalation: bool) -> Message:
    """The message that tells a notice."""
    about = (notice.key, notice.severity, notice.title, notice.text, notice.incident)
    return Message(message_id, at, *about, is_escalation=is_escalation)


def instant(at: float) -> str:
    """Seconds since 1970 as ISO 8601, UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Sent(msgspec.Struct, frozen=True):
    """How a try to send ended. `text` is why it failed, and never holds a secret."""

    is_sent: bool
    text: str = ""

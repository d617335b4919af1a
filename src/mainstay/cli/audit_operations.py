"""Records of operations (orders, incidents, runs, detection, notices) as lines for a person."""

from typing import Final, get_args

import msgspec

from mainstay.model.records import (
    DetectionRecord,
    FeedRecord,
    IncidentRecord,
    NoticeRecord,
    OrderRecord,
    ProbeRecord,
    PublicationRecord,
    RunRecord,
    TroubleRecord,
)

OperationsRecord = (
    OrderRecord
    | IncidentRecord
    | RunRecord
    | DetectionRecord
    | ProbeRecord
    | FeedRecord
    | TroubleRecord
    | NoticeRecord
    | PublicationRecord
)

OPERATIONS_KINDS: Final = tuple(str(one.__struct_config__.tag) for one in get_args(OperationsRecord))

DETECTION_STYLES: Final = {"well": "green", "suspected": "yellow", "recovering": "yellow", "ill": "bold red"}
NOTICE_STYLES: Final = {"sent": "green", "acknowledged": "green", "failed": "yellow", "gave-up": "bold red"}
TEXT_CHARACTERS_MAX: Final = 200
_SHOWN_FIELDS: Final = ("status", "impact", "step", "outcome", "title", "person", "into", "id", "playbook", "text")
"""What is shown of an event, where it has it, in this order."""


def operations_line(record: OperationsRecord) -> tuple[str, str, str]:  # noqa: PLR0911 - one for each kind
    """The word for its kind, the style of that word, and the text."""
    match record:
        case OrderRecord(order=order):
            about = f"{order.kind.value} {order.upstream}".rstrip()
            return "order", "blue", _joined(order.id, record.event, about, _by(record.by), record.text or order.reason)
        case IncidentRecord():
            return "incident", "magenta", _joined(record.incident, *_event(record.event), _by(record.by))
        case RunRecord():
            return "run", "cyan", _joined(record.run, *_event(record.event), _by(record.by))
        case DetectionRecord():
            style = DETECTION_STYLES.get(record.state, "")
            cause = f"cause {record.cause}" if record.cause else ""
            return "detection", style, _joined(record.component, record.state, record.reason, cause)
        case ProbeRecord():
            style = "green" if record.outcome == "served" else "yellow"
            took = f"{record.seconds:.3f} s"
            return "probe", style, _joined(record.component, record.outcome, record.fault, took, record.reason)
        case FeedRecord():
            return "feed", "blue", _joined(record.feed, record.subject, record.state, record.text)
        case TroubleRecord():
            counted = "" if record.counted else "not counted"
            return "trouble", "yellow", _joined(record.component or "-", record.via, counted, record.text)
        case NoticeRecord():
            style = NOTICE_STYLES.get(record.outcome, "")
            return "notice", style, _joined(record.target, record.outcome, record.severity, record.title, record.text)
        case PublicationRecord():
            style = "green" if record.outcome == "written" else "bold red"
            return "publication", style, _joined(record.outcome, record.indicator, record.reason)


def _event(event: msgspec.Struct) -> tuple[str, ...]:
    """The event's own word, and what it is about."""
    shown = (str(getattr(event, name, "")) for name in _SHOWN_FIELDS)
    return str(event.__struct_config__.tag), *shown


def _by(by: str) -> str:
    return f"by {by}" if by else ""


def _joined(*parts: str) -> str:
    return "  ".join(part[:TEXT_CHARACTERS_MAX] for part in parts if part)

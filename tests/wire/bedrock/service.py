"""Amazon's own description of the service, asked whether a request or an answer has the right shape."""

import base64
from functools import lru_cache
from pathlib import Path

import msgspec
from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape
from botocore.validate import ParamValidator

from mainstay.wire.bedrock.event_stream import event

GOLDEN = Path(__file__).parent.parent / "golden" / "bedrock"


def golden(name: str) -> bytes:
    return (GOLDEN / name).read_bytes()


def golden_stream(name: str) -> list[bytes]:
    """The messages of a stream, framed: one line of the file holds one event, as its name and its payload."""
    lines = [msgspec.json.decode(line, type=dict[str, msgspec.Raw]) for line in golden(name).splitlines()]
    return [event(kind, bytes(payload)) for line in lines for kind, payload in line.items()]


def request_report(body: bytes, operation: str = "Converse") -> str:
    """What Amazon's description objects to in the body of a request; empty where it fits."""
    shape = model().operation_model(operation).input_shape
    return report({"modelId": "m", **msgspec.json.decode(body)}, shape)


def answer_report(body: bytes, operation: str = "Converse") -> str:
    """What it objects to in a whole answer."""
    return report(msgspec.json.decode(body), model().operation_model(operation).output_shape)


def event_report(line: bytes) -> str:
    """What it objects to in one event of a stream; padding is no part of the description."""
    found: dict[str, dict[str, object]] = msgspec.json.decode(line)
    for payload in found.values():
        payload.pop("p", None)
    return report(found, model().shape_for("ConverseStreamOutput"))


def report(value: object, shape: Shape) -> str:
    return str(ParamValidator().validate(_unpacked(value, shape), shape).generate_report())


@lru_cache(maxsize=1)
def model() -> ServiceModel:
    return ServiceModel(Loader().load_service_model("bedrock-runtime", "service-2"))


def _unpacked(value: object, shape: Shape) -> object:
    """The value with the bytes in it no longer in base64. Free documents stay as they are."""
    if shape.type_name == "blob" and isinstance(value, str):
        return base64.b64decode(value, validate=True)
    if isinstance(shape, StructureShape) and isinstance(value, dict) and not getattr(shape, "is_document_type", False):
        return {
            name: _unpacked(one, shape.members[name]) if name in shape.members else one for name, one in value.items()
        }
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_unpacked(one, shape.member) for one in value]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {name: _unpacked(one, shape.value) for name, one in value.items()}
    return value

"""A question for models that an upstream answers itself: the same in every dialect but for the path."""

import msgspec

from mainstay.model.call import Call, CallKind
from mainstay.model.frame import Answer
from mainstay.model.http import Headers
from mainstay.wire.classify import malformed
from mainstay.wire.headers import forwardable
from mainstay.wire.json_bytes import BAD_JSON

EVERY_MODEL = "*"
MODELS = CallKind.MODELS


class _Listing(msgspec.Struct):
    """Either a list of models or one of them."""

    data: list[msgspec.Raw] | None = None
    id: str = ""


_LISTING = msgspec.json.Decoder(_Listing)


def models_call(dialect: str, path: str, query: str, headers: Headers) -> Call:
    """The call; its path is as the caller wrote it."""
    where = f"{path}?{query}" if query else path
    return Call(dialect, MODELS, where, EVERY_MODEL, stream=False, headers=forwardable(headers), body=b"")


def read_models(body: bytes) -> Answer:
    """Check the answer: JSON that holds a list of models, or one model."""
    try:
        listing = _LISTING.decode(body)
    except BAD_JSON:
        listing = _Listing()
    if listing.data is None and not listing.id:
        return Answer(malformed("The provider's answer lists no models."))
    return Answer()

"""An order that proves itself: signed with the key that signs tokens, so that a gateway takes it from anybody."""

from typing import Final

import msgspec

from mainstay.engine.routing.soundness import problem_of
from mainstay.model.orders import Order
from mainstay.wire.trust.bundle import Trust
from mainstay.wire.trust.jws import is_signed_by, read_signed, sign
from mainstay.wire.trust.keys import SigningKey, public_key

KIND: Final = "mainstay-order+jws"
CHARACTERS_MAX: Final = 131_072


def sign_order(order: Order, key: SigningKey) -> str:
    """The signed form of an order."""
    return sign(msgspec.json.encode(order), KIND, key)


def read_order(text: str, trust: Trust) -> Order | str:
    """The order in `text`, if the key that signs tokens now has signed it; a text says why it is not taken. An order
    that is sent once more changes nothing: its revision is known."""
    document = read_signed(text, KIND, CHARACTERS_MAX)
    if document is None:
        return "it is no signed order, or was damaged on its way"
    signing = trust.bundle.signing_key
    public = public_key(signing.x)
    if document.key != signing.kid or public is None or not is_signed_by(document, public):
        return "it is not signed with the key that signs tokens here"
    try:
        order = msgspec.json.decode(document.payload, type=Order)
    except (ValueError, RecursionError):
        return "its content is not an order of this version"
    return problem_of(order) or order

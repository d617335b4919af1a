"""An envelope around sealed reasoning, so that it comes back to its issuer and goes to nobody else.

A caller's dialect that carries ciphertext of its own provider (OpenAI Responses: `encrypted_content`) also carries
ours: a prefix that no provider uses, then the thinking with its issuer as JSON in base64. It is opened for the issuer
alone.
"""

import base64
import binascii

import msgspec

from mainstay.model.conversation import Thinking
from mainstay.wire.json_bytes import BAD_JSON

PREFIX = "mainstay-sealed-1."
MARK = PREFIX.encode()
"""Stands in the bytes of every request that carries an envelope."""

_THINKING = msgspec.json.Decoder(Thinking)


def seal(thinking: Thinking) -> str:
    """The envelope; `thinking.issuer` says who may open it."""
    return PREFIX + base64.urlsafe_b64encode(msgspec.json.encode(thinking)).decode()


def unseal(envelope: str) -> Thinking | None:
    """What is in it, or `None` where it is no envelope of ours."""
    if not envelope.startswith(PREFIX):
        return None
    try:
        return _THINKING.decode(base64.urlsafe_b64decode(envelope[len(PREFIX) :]))
    except (*BAD_JSON, binascii.Error):
        return None

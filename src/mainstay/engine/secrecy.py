"""What an upstream says of a failure, without the secret that it was sent.

Some servers, and proxies before them, repeat the credential in the error that refuses it: in the message, in a code, in
a header. An error reaches callers, records and alerts, so it is made harmless where it becomes a fault.
"""

from typing import Final

import msgspec

from mainstay.model.fault import Fault
from mainstay.model.http import Headers

HIDDEN: Final = "[secret]"
CREDENTIAL_HEADERS: Final = frozenset(
    {"authorization", "x-api-key", "api-key", "x-goog-api-key", "x-amz-security-token"}
)
"""Where a request of ours carries a secret."""
SECRET_CHARACTERS_MIN: Final = 8
"""What is shorter is no secret, and would be found in any text."""
PART_CHARACTERS_MIN: Final = 5
"""Less than this of a secret, at the end of a text that was cut, tells nothing."""


def without_secrets(fault: Fault, sent: Headers) -> Fault:
    """The fault, without the secrets of the request that it answers; `sent` are that request's headers."""
    for secret in _secrets(sent):
        fault = _without(fault, secret)
    return fault


def harmless(headers: Headers, sent: Headers) -> Headers:
    """Header fields, without the secrets of the request that they answer."""
    for secret in _secrets(sent):
        headers = _fields_without(headers, secret)
    return headers


def _secrets(sent: Headers) -> list[str]:
    """The credentials among these fields; of `authorization`, what stands behind the scheme."""
    values = [value.partition(" ")[2] or value for name, value in sent if name in CREDENTIAL_HEADERS]
    return [value for value in values if len(value) >= SECRET_CHARACTERS_MIN]


def _without(fault: Fault, secret: str) -> Fault:
    body, headers = fault.body, _fields_without(fault.headers, secret)
    for form in (_in_json(secret), secret):  # the longer one first, lest half of an escape be left
        body = body.replace(form.encode(), HIDDEN.encode())
    message, code = _text_without(fault.message, secret), _text_without(fault.code, secret)
    if (message, code, headers, body) == (fault.message, fault.code, fault.headers, fault.body):
        return fault
    return msgspec.structs.replace(fault, message=message, code=code, headers=headers, body=body)


def _text_without(text: str, secret: str) -> str:
    """Long texts are cut when a fault is made, perhaps within the secret."""
    text = text.replace(secret, HIDDEN)
    for length in range(len(secret) - 1, PART_CHARACTERS_MIN - 1, -1):
        if text.endswith(secret[:length]):
            return text[:-length] + HIDDEN
    return text


def _fields_without(headers: Headers, secret: str) -> Headers:
    return tuple([(name, value.replace(secret, HIDDEN)) for name, value in headers])


def _in_json(secret: str) -> str:
    return msgspec.json.encode(secret).decode()[1:-1]

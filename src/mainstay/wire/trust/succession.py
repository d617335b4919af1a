"""Which bundle may take the place of the one that is known: a newer one that descends from it.

Every bundle is signed by its own signing key, and every signing key was introduced by the one before it. So only the
signing key leads on: one that was rotated out still verifies tokens, but cannot say any more whom to trust.
"""

from typing import Final

import msgspec

from mainstay.wire.trust.bundle import INTRODUCTIONS_MAX, Bundle, KeyId, PublicHalf, Trust, TrustedKey, read_bundle
from mainstay.wire.trust.jws import is_signed_by, read_signed, sign
from mainstay.wire.trust.keys import SigningKey, key_id, public_key

KIND: Final = "mainstay-key+jws"
_CHARACTERS_MAX: Final = 1_024


class _Statement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key that the signer introduces."""

    kid: KeyId
    x: PublicHalf


def successor(known: Trust, text: str) -> Trust | str:
    """The bundle in `text`, if it may follow the known one; a text says why it may not.

    The bundle that is known already is given back as it is. Any other must be newer, and signed by the known one's
    signing key or by a key that it has introduced, over however many keys between them.
    """
    if text == known.text:
        return known
    trust = read_bundle(text)
    if isinstance(trust, str):
        return trust
    if trust.serial < known.serial:
        return f"it is older (serial {trust.serial}) than the one that is known (serial {known.serial})"
    if trust.serial == known.serial:
        return f"it has the serial number of the one that is known ({known.serial}), but not its content"
    if trust.bundle.signing_key.kid not in _led_to(known.bundle.signing_key, trust.bundle):
        return "it is signed by a key that the known bundle does not lead to"
    return trust


def introduction(younger: SigningKey, older: SigningKey) -> str:
    """The older key's statement that the younger one follows it."""
    return sign(msgspec.json.encode(_Statement(younger.id, younger.x)), KIND, older)


def introduced(bundle: Bundle, younger: SigningKey, older: SigningKey) -> tuple[str, ...]:
    """The introductions of a bundle with one more; beyond the bound the oldest is dropped."""
    return (*bundle.introductions, introduction(younger, older))[-INTRODUCTIONS_MAX:]


def _led_to(known: TrustedKey, bundle: Bundle) -> set[str]:
    """The known signing key, and those that it leads to."""
    trusted = {known.kid: known.x}
    for text in bundle.introductions:
        document = read_signed(text, KIND, _CHARACTERS_MAX)
        signer = public_key(trusted[document.key]) if document is not None and document.key in trusted else None
        if document is None or signer is None or not is_signed_by(document, signer):
            continue
        try:
            statement = msgspec.json.decode(document.payload, type=_Statement)
        except (ValueError, RecursionError):
            continue
        if statement.kid == key_id(statement.x):
            trusted[statement.kid] = statement.x
    return set(trusted)

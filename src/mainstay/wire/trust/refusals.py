"""Why a caller is not let in, as faults. No message repeats what the caller sent but for ids that were verified."""

from typing import Final

from mainstay.model.fault import Fault, FaultKind

UNAUTHENTICATED, FORBIDDEN, UNAVAILABLE = 401, 403, 503


def unauthenticated(code: str, message: str) -> Fault:
    """Nobody acceptable asks."""
    return Fault(FaultKind.REFUSED, message, status=UNAUTHENTICATED, code=code)


def forbidden(code: str, message: str) -> Fault:
    """A valid token asks for what it may not do."""
    return Fault(FaultKind.REFUSED, message, status=FORBIDDEN, code=code)


def unavailable(why: str) -> Fault:
    """We cannot tell who asks, which is trouble of our own and never the caller's (law 7)."""
    return Fault(FaultKind.INTERNAL, why, status=UNAVAILABLE, code="identity_unavailable")


MISSING_TOKEN: Final = unauthenticated(
    "missing_token",
    "This gateway asks for a token. Send it in `x-api-key` or in `authorization: Bearer`; "
    "`mainstay token mint` makes one.",
)
CONFLICTING_TOKENS: Final = unauthenticated(
    "conflicting_credentials",
    "The credentials of this request differ from each other: send one of `x-api-key` and `authorization: Bearer`.",
)
FOREIGN_TOKEN: Final = unauthenticated(
    "invalid_token",
    "This is no token of this gateway (those begin with mst_), and of no issuer that it trusts. "
    "A provider's own key is not accepted here.",
)
MALFORMED_TOKEN: Final = unauthenticated(
    "invalid_token", "This is not a well-formed token. Send it whole and unchanged, as it was given out."
)
FORGED_TOKEN: Final = unauthenticated(
    "invalid_token", "The token's signature is not genuine. Send the token whole and unchanged, as it was given out."
)
UNKNOWN_KEY: Final = unauthenticated(
    "unknown_key",
    "The token is signed with a key that is not trusted here, or no longer. Ask for a new token.",
)
NO_BUNDLE: Final = unavailable(
    "This gateway has no readable trust bundle, so it cannot verify tokens. Its operator can restore state/keys/tokens."
)
NO_ISSUER_KEYS: Final = unavailable(
    "The keys of this token's issuer could not be fetched yet, so it cannot be verified. Try again soon."
)

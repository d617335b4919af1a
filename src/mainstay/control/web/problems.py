"""Everything that a page may be refused with, each with what to do."""

from typing import Final

from mainstay.control.people.roles import Role
from mainstay.control.web.answers import Problem

NO_SUCH_PAGE: Final = Problem(404, "not_found", "No such page", "Check the address.")
FORGED: Final = Problem(
    403,
    "forged",
    "This was not sent by a page of this control plane",
    "Load the page again and try once more; cookies must be allowed. Programs send the header x-csrf-token and an "
    "origin that is this address.",
)
LOG_IN_FIRST: Final = Problem(
    401,
    "not_logged_in",
    "Log in first",
    "Send `Authorization: Bearer KEY` (`mainstay people key add` makes one), or the cookie of a session.",
)
WRONG_HOST: Final = Problem(
    421,
    "wrong_host",
    "This control plane is not known under this name",
    "Use its address, or name it with control.url in the configuration.",
)
OPEN_BEHIND_PROXY: Final = Problem(
    403,
    "open_behind_proxy",
    "Without accounts this control plane is for its own machine only",
    "A proxy has passed this request on. Make an account with `mainstay people add NAME --role admin`, and set "
    "control.url in the configuration.",
)
TOO_LARGE: Final = Problem(413, "too_large", "The request is too large", "A form here is never larger than 64 KB.")
TOO_SLOW: Final = Problem(408, "too_slow", "The request did not arrive in time", "Try again.")
NO_FORM: Final = Problem(
    415,
    "no_form",
    "This is not a form",
    "Send application/x-www-form-urlencoded with at most 20 fields in UTF-8; the API takes application/json too.",
)
BUSY: Final = Problem(
    429, "busy", "Too many people log in at once", "Try again in a few seconds.", {"retry-after": "3"}
)
BROKEN: Final = Problem(
    500, "broken", "This page is broken", "The gateway is not touched by it. Try again; the log names the fault."
)
PROVIDER_DOWN: Final = Problem(
    503,
    "provider_down",
    "The identity provider does not answer",
    "Who is logged in stays so. Log in with a local account, or try again later.",
    {"retry-after": "10"},
)
PROVIDER_FAULT: Final = Problem(
    502,
    "provider_fault",
    "The identity provider cannot be used",
    "Log in with a local account; the log of the control plane says what is wrong.",
)


def wrong_method(methods: tuple[str, ...]) -> Problem:
    """A path that exists, and another method."""
    allow = ", ".join(methods)
    return Problem(405, "wrong_method", "This cannot be done here", f"Use {allow}.", {"allow": allow})


def not_for(role: Role, least: Role) -> Problem:
    """A page that takes more than the person's role."""
    return Problem(
        403,
        "role_too_low",
        "Your role does not allow this",
        f"It takes the role {least.word}, and yours is {role.word}. Ask an admin.",
    )


def refused_by_provider(reason: str) -> Problem:
    """A login that the identity provider did not vouch for."""
    return Problem(403, "provider_refused", "You are not logged in", reason)


def throttled(seconds: float) -> Problem:
    """Too many failures; how long to wait."""
    whole = max(1, int(seconds + 0.999))
    advice = f"Try again in {whole} s. A browser in which you have logged in before is not held up by strangers."
    return Problem(429, "throttled", "Too many failed logins", advice, {"retry-after": str(whole)})

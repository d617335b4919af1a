"""References to secrets (`env:NAME`, `file:PATH`) and what they point to. No message here ever holds a secret."""

import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

SECRET_BYTES_MAX = 65_536
AWS_ENVIRONMENT = "environment:aws"
"""Stands in the place of a reference for the static key that AWS's own variables hold."""
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}")


class Secret(msgspec.Struct, frozen=True):
    """A resolved reference."""

    value: str

    def __repr__(self) -> str:
        """Show nothing, so that no log can leak it."""
        return "Secret(...)"


class NoSecret(msgspec.Struct, frozen=True):
    """Why a reference gives no secret. `absent` is true where the reference is sound and only its target is missing."""

    message: str
    absent: bool = False


def aws_environment(environment: Mapping[str, str]) -> Secret | None:
    """The static key that AWS's own tools would find in the environment: a bearer key, or `ID:SECRET[:SESSION]`."""
    bearer = environment.get("AWS_BEARER_TOKEN_BEDROCK", "").strip()
    if bearer:
        return Secret(bearer)
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    parts = [environment.get(name, "").strip() for name in names]
    return Secret(":".join(part for part in parts if part)) if parts[0] and parts[1] else None


def resolve(reference: str, environment: Mapping[str, str], directory: Path) -> Secret | NoSecret:
    """Follow a reference. Relative file paths start at `directory`; white space around a secret is dropped."""
    kind, _, target = reference.partition(":")
    if kind == "env" and _VARIABLE.fullmatch(target):
        return _usable(environment.get(target, ""), f"environment variable {target} is not set")
    if kind == "env":
        return NoSecret("must name an environment variable after env: (letters, digits and '_')")
    if kind == "file" and target:
        return _from_file(directory / target, target)
    return NoSecret("must be a reference, env:NAME or file:PATH; the secret itself may not stand in this file")


def _from_file(path: Path, name: str) -> Secret | NoSecret:
    try:
        with path.open("rb") as file:
            content = file.read(SECRET_BYTES_MAX + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not a path"
        return NoSecret(f"file {name} cannot be read: {reason}", absent=True)
    if len(content) > SECRET_BYTES_MAX:
        return NoSecret(f"file {name} is larger than {SECRET_BYTES_MAX} bytes")
    return _usable(content.decode("utf-8", "replace"), f"file {name} is empty")


def _compact(value: str) -> str:
    """A cloud's key file is a JSON object over many lines; the same object stands on one."""
    if not value.startswith("{"):
        return value
    try:
        return msgspec.json.format(value, indent=-1)
    except (ValueError, RecursionError):
        return value


def _usable(value: str, when_empty: str) -> Secret | NoSecret:
    value = _compact(value.strip())
    if not value:
        return NoSecret(when_empty, absent=True)
    # A secret travels in a header field: anything else would be refused, or worse, split the header.
    if not value.isascii() or not value.isprintable():
        return NoSecret("points to a secret with line breaks or characters outside of printable ASCII")
    return Secret(value)

"""Header fields as llhttp gives them, turned into ours."""

from collections.abc import Collection

from mainstay.model.http import Headers

RawFields = list[tuple[bytes, bytes]]

_OVERHEAD_BYTES = 4

_COMMON_NAMES = (
    "accept",
    "accept-encoding",
    "accept-language",
    "anthropic-beta",
    "anthropic-version",
    "api-key",
    "authorization",
    "cache-control",
    "cf-ray",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "host",
    "openai-organization",
    "openai-processing-ms",
    "request-id",
    "server",
    "transfer-encoding",
    "user-agent",
    "vary",
    "via",
    "x-api-key",
    "x-request-id",
    "x-should-retry",
    "x-stainless-arch",
    "x-stainless-async",
    "x-stainless-lang",
    "x-stainless-os",
    "x-stainless-package-version",
    "x-stainless-retry-count",
    "x-stainless-runtime",
    "x-stainless-runtime-version",
    "x-stainless-timeout",
)

_KNOWN = {form.encode(): name for name in _COMMON_NAMES for form in (name, name.title())}
"""Names as they usually stand on the wire. Looking one up is cheaper than lowering and decoding it."""


def read_fields(raw: RawFields, noted_names: Collection[str]) -> tuple[Headers, dict[str, str]]:
    """All fields in order; and those with a noted name once more, by name, repeated ones joined with a comma."""
    headers = []
    noted: dict[str, str] = {}
    for raw_name, raw_value in raw:
        name = _KNOWN.get(raw_name) or raw_name.lower().decode("latin-1")
        value = raw_value.decode("latin-1").rstrip(" \t")
        headers.append((name, value))
        if name in noted_names:
            noted[name] = f"{noted[name]},{value}" if name in noted else value
    return tuple(headers), noted


def field_bytes(raw: RawFields) -> int:
    """What the fields take on the wire, about."""
    return sum(len(name) + len(value) + _OVERHEAD_BYTES for name, value in raw)

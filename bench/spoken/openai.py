"""What both of OpenAI's dialects share: header fields."""

from bench.dialogue import REQUEST_HEADERS as ANTHROPIC_REQUEST_HEADERS

_OWN = ("anthropic-version", "user-agent", "x-stainless-package-version")

REQUEST_HEADERS = {name: value for name, value in ANTHROPIC_REQUEST_HEADERS.items() if name not in _OWN} | {
    "user-agent": "AsyncOpenAI/Python 2.8.1",
    "x-stainless-package-version": "2.8.1",
}
"""The set that the Python SDK sends; both makers' SDKs come from one generator."""

ANSWER_HEADERS = {
    "openai-organization": "bench",
    "openai-processing-ms": "412",
    "openai-version": "2020-10-01",
    "x-ratelimit-limit-requests": "100000000",
    "x-ratelimit-limit-tokens": "900000000",
    "x-ratelimit-remaining-requests": "99999999",
    "x-ratelimit-remaining-tokens": "899999740",
    "x-ratelimit-reset-requests": "6ms",
    "x-ratelimit-reset-tokens": "0s",
    "x-request-id": "req_00000000000040008000000000000000",
}

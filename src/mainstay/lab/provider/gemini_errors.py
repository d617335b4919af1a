"""How each status fault is worded by Google. Sources: the Gemini API's troubleshooting page, Google's error model."""

from mainstay.lab.provider.voice import ErrorAnswer

_INVALID, _PRECONDITION = "INVALID_ARGUMENT", "FAILED_PRECONDITION"
_EXHAUSTED, _DENIED = "RESOURCE_EXHAUSTED", "PERMISSION_DENIED"

GEMINI_ERRORS: dict[str, ErrorAnswer] = {
    "overloaded": ErrorAnswer(503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
    "throttle": ErrorAnswer(429, _EXHAUSTED, "Resource has been exhausted (e.g. check quota)."),
    "ramp-limit": ErrorAnswer(429, _EXHAUSTED, "Your traffic grew too fast. Please ramp up slowly."),
    "credit-balance": ErrorAnswer(400, _PRECONDITION, "Please enable billing on your project."),
    "insufficient-quota": ErrorAnswer(429, _EXHAUSTED, "You exceeded your current quota, please check your plan."),
    "spend-limit": ErrorAnswer(429, _EXHAUSTED, "Your project has exceeded its monthly spending cap."),
    "billing": ErrorAnswer(403, _DENIED, "This API method requires billing to be enabled.", "BILLING_DISABLED"),
    "auth": ErrorAnswer(400, _INVALID, "API key not valid. Please pass a valid API key.", "API_KEY_INVALID"),
    "forbidden": ErrorAnswer(403, _DENIED, "Your API key doesn't have the required permissions."),
    "not-found": ErrorAnswer(404, "NOT_FOUND", "The model is not found or not supported for generateContent."),
    "timeout-408": ErrorAnswer(408, "DEADLINE_EXCEEDED", "The request took too long to arrive."),
    "conflict": ErrorAnswer(409, "ABORTED", "The request conflicts with another one."),
    "bad-request": ErrorAnswer(400, _INVALID, "Something about this request is wrong."),
    "too-large": ErrorAnswer(413, _INVALID, "Request payload size exceeds the limit."),
    "context": ErrorAnswer(
        400, _INVALID, "The input token count (1208310) exceeds the maximum number of tokens allowed (1048576)."
    ),
    "unprocessable": ErrorAnswer(422, _INVALID, "The request was understood but cannot be processed."),
    "server-error": ErrorAnswer(500, "INTERNAL", "An internal error has occurred. Please retry."),
    "bad-gateway": ErrorAnswer(502, "UNAVAILABLE", "Bad gateway."),
    "unavailable": ErrorAnswer(503, "UNAVAILABLE", "The service is currently unavailable."),
    "gateway-timeout": ErrorAnswer(504, "DEADLINE_EXCEEDED", "Deadline expired before operation could complete."),
    "unknown-status": ErrorAnswer(520, "UNKNOWN", "An unknown error occurred."),
    "prefill": ErrorAnswer(400, _INVALID, "Please ensure that the conversation ends with a user role."),
    "no-path": ErrorAnswer(404, "NOT_FOUND", "The requested URL was not found on this server."),
    "no-method": ErrorAnswer(405, "UNIMPLEMENTED", "Method not allowed."),
}

_INBAND = {
    "overloaded_error": ("UNAVAILABLE", "The model is overloaded. Please try again later."),
    "rate_limit_error": (_EXHAUSTED, "Resource has been exhausted (e.g. check quota)."),
    "api_error": ("INTERNAL", "An internal error has occurred. Please retry."),
    "timeout_error": ("DEADLINE_EXCEEDED", "Deadline expired before operation could complete."),
}
CODES = {"UNAVAILABLE": 503, _EXHAUSTED: 429, "INTERNAL": 500, "DEADLINE_EXCEEDED": 504, _INVALID: 400}
"""The HTTP status that belongs to each word, for errors that come with status 200."""


def inband_answer(type_name: str) -> ErrorAnswer:
    """An error inside a success, named by its Anthropic type, or by any word."""
    word, message = _INBAND.get(type_name, (type_name, f"Error {type_name} on demand."))
    return ErrorAnswer(200, word, message)

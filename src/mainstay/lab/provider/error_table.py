"""How each status fault is worded in each dialect. Sources: their error documentation and SDK types."""

from mainstay.lab.provider.bedrock_errors import BEDROCK_ERRORS
from mainstay.lab.provider.gemini_errors import GEMINI_ERRORS
from mainstay.lab.provider.gemini_errors import inband_answer as gemini_inband_answer
from mainstay.lab.provider.voice import ErrorAnswer

_INVALID = "invalid_request_error"

ANTHROPIC_ERRORS: dict[str, ErrorAnswer] = {
    "overloaded": ErrorAnswer(529, "overloaded_error", "Overloaded"),
    "throttle": ErrorAnswer(429, "rate_limit_error", "This request would exceed your organization's rate limit."),
    "ramp-limit": ErrorAnswer(
        429, "rate_limit_error", "Your traffic grew faster than the acceleration limit allows.", "ramp_limit_exceeded"
    ),
    "credit-balance": ErrorAnswer(400, _INVALID, "Your credit balance is too low to access the API."),
    "insufficient-quota": ErrorAnswer(400, _INVALID, "You have reached your specified API usage limits."),
    "spend-limit": ErrorAnswer(
        429, "rate_limit_error", "The spend limit of this organization is reached.", "enforced_spend_limit_reached"
    ),
    "billing": ErrorAnswer(402, "billing_error", "There is a problem with your billing."),
    "auth": ErrorAnswer(401, "authentication_error", "invalid x-api-key"),
    "forbidden": ErrorAnswer(403, "permission_error", "Your API key may not use this resource."),
    "not-found": ErrorAnswer(404, "not_found_error", "model: not found"),
    "timeout-408": ErrorAnswer(408, "timeout_error", "The request took too long to arrive."),
    "conflict": ErrorAnswer(409, "conflict_error", "The request conflicts with another one."),
    "bad-request": ErrorAnswer(400, _INVALID, "messages: something about this request is wrong."),
    "too-large": ErrorAnswer(413, "request_too_large", "Request exceeds the maximum size"),
    "context": ErrorAnswer(400, _INVALID, "prompt is too long: 208310 tokens > 200000 maximum"),
    "unprocessable": ErrorAnswer(422, _INVALID, "The request was understood but cannot be processed."),
    "server-error": ErrorAnswer(500, "api_error", "Internal server error"),
    "bad-gateway": ErrorAnswer(502, "api_error", "Bad gateway"),
    "unavailable": ErrorAnswer(503, "api_error", "Service temporarily unavailable"),
    "gateway-timeout": ErrorAnswer(504, "timeout_error", "Request timed out."),
    "unknown-status": ErrorAnswer(520, "unknown_error", "An unknown error occurred."),
    "prefill": ErrorAnswer(
        400, _INVALID, "This model does not support assistant message prefill; end with a user message."
    ),
    "no-path": ErrorAnswer(404, "not_found_error", "There is nothing at this path."),
    "no-method": ErrorAnswer(405, _INVALID, "Method not allowed."),
}
OPENAI_CHAT_ERRORS: dict[str, ErrorAnswer] = {
    "overloaded": ErrorAnswer(503, "server_error", "The server is overloaded. Please slow down.", "slow_down"),
    "throttle": ErrorAnswer(429, "requests", "Rate limit reached for requests.", "rate_limit_exceeded"),
    "ramp-limit": ErrorAnswer(
        429, "requests", "Your traffic grew too fast. Please ramp up slowly.", "ramp_limit_exceeded"
    ),
    "credit-balance": ErrorAnswer(400, _INVALID, "Your credit is used up.", "billing_hard_limit_reached"),
    "insufficient-quota": ErrorAnswer(
        429, "insufficient_quota", "You exceeded your current quota, please check your plan.", "insufficient_quota"
    ),
    "spend-limit": ErrorAnswer(
        429, "billing_limit", "The billing hard limit of this project is reached.", "billing_hard_limit_reached"
    ),
    "billing": ErrorAnswer(402, "billing_error", "There is a problem with your billing.", "billing_not_active"),
    "auth": ErrorAnswer(401, _INVALID, "Incorrect API key provided.", "invalid_api_key"),
    "forbidden": ErrorAnswer(403, _INVALID, "You may not use this resource.", "permission_denied"),
    "not-found": ErrorAnswer(404, _INVALID, "The model does not exist or you may not use it.", "model_not_found"),
    "timeout-408": ErrorAnswer(408, "timeout", "The request took too long to arrive."),
    "conflict": ErrorAnswer(409, _INVALID, "The request conflicts with another one.", "conflict"),
    "bad-request": ErrorAnswer(400, _INVALID, "Something about this request is wrong.", parameter="messages"),
    "too-large": ErrorAnswer(413, _INVALID, "Request too large.", "request_too_large"),
    "context": ErrorAnswer(
        400, _INVALID, "The input exceeds the model's maximum context length.", "context_length_exceeded", "messages"
    ),
    "unprocessable": ErrorAnswer(422, _INVALID, "The request was understood but cannot be processed."),
    "server-error": ErrorAnswer(500, "server_error", "The server had an error while processing your request."),
    "bad-gateway": ErrorAnswer(502, "server_error", "Bad gateway."),
    "unavailable": ErrorAnswer(503, "server_error", "The service is temporarily unavailable."),
    "gateway-timeout": ErrorAnswer(504, "timeout", "Request timed out."),
    "unknown-status": ErrorAnswer(520, "unknown_error", "An unknown error occurred."),
    "prefill": ErrorAnswer(400, _INVALID, "This model does not support assistant message prefill."),
    "no-path": ErrorAnswer(404, _INVALID, "Unknown request URL.", "unknown_url"),
    "no-method": ErrorAnswer(405, _INVALID, "Method not allowed.", "method_not_supported"),
}
OPENAI_RESPONSES_ERRORS: dict[str, ErrorAnswer] = OPENAI_CHAT_ERRORS | {
    "bad-request": ErrorAnswer(400, _INVALID, "Something about this request is wrong.", parameter="input"),
    "context": ErrorAnswer(
        400, _INVALID, "Your input exceeds the context window of this model.", "context_length_exceeded", "input"
    ),
}
ERRORS: dict[str, dict[str, ErrorAnswer]] = {
    "anthropic": ANTHROPIC_ERRORS,
    "openai-chat": OPENAI_CHAT_ERRORS,
    "openai-responses": OPENAI_RESPONSES_ERRORS,
    "gemini": GEMINI_ERRORS,
    "bedrock": BEDROCK_ERRORS,
}
"""By dialect, then by fault."""

_INBAND = {
    "overloaded_error": ("Overloaded", "server_error", "server_is_overloaded"),
    "rate_limit_error": ("The rate limit is exceeded.", "rate_limit_error", "rate_limit_exceeded"),
    "api_error": ("Internal server error", "server_error", "server_error"),
    "timeout_error": ("Request timed out.", "server_error", "timeout"),
}


def inband_answer(dialect: str, type_name: str) -> ErrorAnswer:
    """An error that comes with status 200. `type_name` is one of the Anthropic types, or any type: types that are not
    in the table are written as they are, as the type and, in `openai-chat`, as the code too."""
    if dialect == "gemini":
        return gemini_inband_answer(type_name)
    message, chat_type, chat_code = _INBAND.get(type_name, (f"Error {type_name} on demand.", type_name, type_name))
    if dialect == "anthropic":
        return ErrorAnswer(200, type_name, message)
    return ErrorAnswer(200, chat_type, message, chat_code)

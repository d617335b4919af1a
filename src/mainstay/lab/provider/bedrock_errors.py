"""How AWS Bedrock words each status fault. Sources: its service description and its page of error codes."""

from collections.abc import Mapping

from mainstay.lab.provider.voice import ErrorAnswer

_VALIDATION = "ValidationException"
_THROTTLING = "ThrottlingException"
_UNAVAILABLE = "ServiceUnavailableException"

BEDROCK_ERRORS: dict[str, ErrorAnswer] = {
    "overloaded": ErrorAnswer(503, _UNAVAILABLE, "Bedrock is unable to process your request."),
    "throttle": ErrorAnswer(429, _THROTTLING, "Too many requests, please wait before trying again."),
    "ramp-limit": ErrorAnswer(429, _THROTTLING, "Too many tokens, please wait before trying again."),
    "credit-balance": ErrorAnswer(400, "ServiceQuotaExceededException", "The quota of your account is used up."),
    "insufficient-quota": ErrorAnswer(400, "ServiceQuotaExceededException", "Too many tokens per day."),
    "spend-limit": ErrorAnswer(400, "ServiceQuotaExceededException", "The spend limit of your account is reached."),
    "billing": ErrorAnswer(403, "OptInRequired", "Your account is not signed up for this service."),
    "auth": ErrorAnswer(403, "InvalidSignatureException", "The request signature we calculated does not match yours."),
    "forbidden": ErrorAnswer(403, "AccessDeniedException", "You are not authorized to perform this action."),
    "not-found": ErrorAnswer(400, _VALIDATION, "The provided model identifier is invalid."),
    "timeout-408": ErrorAnswer(408, "ModelTimeoutException", "The model took too long to answer."),
    "conflict": ErrorAnswer(429, "ModelNotReadyException", "The model is not ready to serve inference requests."),
    "bad-request": ErrorAnswer(400, _VALIDATION, "Something about this request is wrong."),
    "too-large": ErrorAnswer(413, "RequestEntityTooLargeException", "The request is too large."),
    "context": ErrorAnswer(400, _VALIDATION, "Input is too long for requested model."),
    "unprocessable": ErrorAnswer(422, _VALIDATION, "The request was understood but cannot be processed."),
    "server-error": ErrorAnswer(500, "InternalServerException", "The system met an unexpected error."),
    "bad-gateway": ErrorAnswer(502, "InternalServerException", "Bad gateway."),
    "unavailable": ErrorAnswer(503, _UNAVAILABLE, "Service temporarily unavailable."),
    "gateway-timeout": ErrorAnswer(504, "InternalServerException", "Request timed out."),
    "unknown-status": ErrorAnswer(520, "UnknownException", "An unknown error occurred."),
    "prefill": ErrorAnswer(400, _VALIDATION, "The conversation must end with a user message."),
    "no-path": ErrorAnswer(404, "UnknownOperationException", "There is nothing at this path."),
    "no-method": ErrorAnswer(405, "UnknownOperationException", "Method not allowed."),
}

_EXCEPTIONS: Mapping[str, str] = {
    "server_is_overloaded": "serviceUnavailableException",
    "rate_limit_exceeded": "throttlingException",
    "server_error": "internalServerException",
    "timeout": "modelStreamErrorException",
    "invalid_request_error": "validationException",
}


def exception_name(code: str) -> str:
    """The exception inside a stream for an error's code in OpenAI's words; other names stand as they are."""
    return _EXCEPTIONS.get(code, code)

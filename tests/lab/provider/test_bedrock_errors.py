import pytest

from mainstay.lab.provider.bedrock_errors import BEDROCK_ERRORS, exception_name
from mainstay.lab.provider.error_table import ERRORS, inband_answer
from mainstay.lab.provider.voice import ErrorAnswer
from mainstay.model.fault import FaultKind
from mainstay.wire.bedrock.errors import classify

K = FaultKind


def kind_of(answer: ErrorAnswer) -> FaultKind:
    body = f'{{"message":"{answer.message}"}}'.encode()
    return classify(answer.status, (("x-amzn-errortype", answer.type),), body, 0.0).kind


def test_every_fault_of_the_others_has_words_here() -> None:
    assert set(BEDROCK_ERRORS) == set(ERRORS["anthropic"])
    assert ERRORS["bedrock"] is BEDROCK_ERRORS


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("overloaded", K.OVERLOAD),
        ("throttle", K.THROTTLE),
        ("insufficient-quota", K.THROTTLE),
        ("billing", K.AUTH),
        ("auth", K.AUTH),
        ("forbidden", K.AUTH),
        ("not-found", K.MODEL_GONE),
        ("timeout-408", K.SERVER),
        ("conflict", K.TRANSIENT),
        ("bad-request", K.REQUEST),
        ("too-large", K.REQUEST),
        ("context", K.CONTEXT),
        ("server-error", K.SERVER),
        ("unavailable", K.OVERLOAD),
        ("unknown-status", K.UNKNOWN),
        ("no-path", K.MODEL_GONE),
    ],
)
def test_the_words_mean_what_the_fault_says(fault: str, kind: FaultKind) -> None:
    assert kind_of(BEDROCK_ERRORS[fault]) is kind


@pytest.mark.parametrize(
    ("type_name", "exception"),
    [
        ("overloaded_error", "serviceUnavailableException"),
        ("rate_limit_error", "throttlingException"),
        ("api_error", "internalServerException"),
        ("timeout_error", "modelStreamErrorException"),
        ("validationException", "validationException"),
    ],
)
def test_errors_inside_a_stream(type_name: str, exception: str) -> None:
    assert exception_name(inband_answer("bedrock", type_name).code) == exception

"""Plain requests and answers in the callers' dialects: one question of a given size, one whole answer of about 1 KB."""

from collections.abc import Callable, Mapping

import msgspec

from bench.dialogue import PATH, REQUEST_HEADERS, answer_body, prompt, request_body
from bench.spoken import openai_chat, openai_responses
from bench.spoken.openai import REQUEST_HEADERS as OPENAI_REQUEST_HEADERS
from bench.spoken.shape import CREATED, INPUT_TOKENS, compact

ANSWER_TEXT_BYTES = 480
ANSWER_TOKENS = 120
MODEL = "gpt-5.1-2025-11-13"


class Plain(msgspec.Struct, frozen=True):
    """A dialect's plain exchange. `body` makes a request for a model with a prompt of so many bytes."""

    dialect: str
    path: str
    headers: Mapping[str, str]
    body: Callable[[str, int], bytes]
    answer: Callable[[], str]


def _chat_body(model: str, prompt_bytes: int) -> bytes:
    messages = [
        {"role": "system", "content": "You answer in plain words."},
        {"role": "user", "content": prompt(prompt_bytes)},
    ]
    return compact({"messages": messages, "model": model, "max_completion_tokens": 1024}).encode()


def _chat_answer() -> str:
    message: dict[str, object] = {
        "role": "assistant",
        "content": prompt(ANSWER_TEXT_BYTES),
        "refusal": None,
        "annotations": [],
    }
    usage = {
        "prompt_tokens": INPUT_TOKENS,
        "completion_tokens": ANSWER_TOKENS,
        "total_tokens": INPUT_TOKENS + ANSWER_TOKENS,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }
    return compact(
        {
            "id": "chatcmpl-CbenchBenchBenchBenchBenchBenc",
            "object": "chat.completion",
            "created": CREATED,
            "model": MODEL,
            "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
            "usage": usage,
            "service_tier": "default",
            "system_fingerprint": "fp_0123456789",
        }
    )


def _responses_body(model: str, prompt_bytes: int) -> bytes:
    message = {"role": "user", "content": [{"type": "input_text", "text": prompt(prompt_bytes)}]}
    instructions = "You answer in plain words."
    asked = {"model": model, "instructions": instructions, "input": [message]}
    return compact(asked | {"max_output_tokens": 1024, "store": False}).encode()


def _responses_answer() -> str:
    return compact(openai_responses.whole(prompt(ANSWER_TEXT_BYTES), ANSWER_TOKENS))


PLAIN: dict[str, Plain] = {
    one.dialect: one
    for one in (
        Plain("anthropic", PATH, REQUEST_HEADERS, request_body, answer_body),
        Plain(openai_chat.DIALECT, openai_chat.PATH, OPENAI_REQUEST_HEADERS, _chat_body, _chat_answer),
        Plain(
            openai_responses.DIALECT, openai_responses.PATH, OPENAI_REQUEST_HEADERS, _responses_body, _responses_answer
        ),
    )
}

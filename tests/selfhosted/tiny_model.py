"""A tiny language model with random weights, as a GGUF file: it knows nothing, and says the same words each time.

Its free answers are rows of made-up words that fall into no loop and never end by themselves. Every next word hangs on
all the words before it, so a continuation agrees with the whole answer only if the server went on from exactly the same
text. A word is one token and a text has one way to be cut into tokens.

It has one rule by heart: where it is offered tools and has no result yet, it begins a call. What a call or a JSON
schema needs it can spell, since the server holds it to their grammar.
"""

import random
from array import array
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from tests.selfhosted.gguf import Tensor, Value, write_gguf

SEED = 3
WIDTH = 128
LAYERS = 4
HEADS = 4
FEED_FORWARD_WIDTH = 256
CONTEXT_TOKENS = 16_384
SPELLING_LOUDNESS = 0.05
"""How loud tokens that are no words are, against words: too soft to be heard unless words are forbidden."""

CONSONANTS, VOWELS = "bdklmnrs", "aeio"
SYLLABLES = tuple(first + second for first, second in product(CONSONANTS, VOWELS))
BLANK = "\u2581"
"""What this kind of tokenizer writes for a blank."""
UNKNOWN, BEGIN, END, TURN_BEGIN, TURN_END = "<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>"
CUE, CALL = "<|tools|>", "<tool_call>"
"""The template ends with the cue where a call is due; to it the model's answer is `CALL`."""
CUE_LOUDNESS, CALL_LOUDNESS = 100_000.0, 5.0
"""The cue drowns all else in the model's head; anywhere else its answer is softer than some word."""

_NORMAL, _UNKNOWN_KIND, _CONTROL, _USER_DEFINED, _BYTE = 1, 2, 3, 4, 6
"""Kinds of tokens."""

CHAT_TEMPLATE = """\
{%- if tools %}{{ '<|im_start|>system\\n' }}
{%- if messages[0].role == 'system' %}{{ messages[0].content + '\\n' }}{% endif %}
{{- 'Tools: ' }}{% for tool in tools %}{{ tool | tojson }}{{ '\\n' }}{% endfor %}
{{- 'To call one, write <tool_call>{"name": ..., "arguments": {...}}</tool_call>.<|im_end|>\\n' }}
{%- elif messages[0].role == 'system' %}{{ '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}{% endif %}
{%- for message in messages %}
{%- if message.role == 'user' or (message.role == 'system' and not loop.first) %}
{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
{%- elif message.role == 'assistant' %}
{{- '<|im_start|>assistant\\n' }}{% if message.content %}{{ message.content }}{% endif %}
{%- for call in message.tool_calls or [] %}
{{- '<tool_call>{"name": "' + call.function.name + '", "arguments": ' }}
{{- call.function.arguments | tojson }}{{ '}</tool_call>' }}
{%- endfor %}{{ '<|im_end|>\\n' }}
{%- elif message.role == 'tool' %}
{{- '<|im_start|>user\\n<tool_response>\\n' + message.content + '\\n</tool_response><|im_end|>\\n' }}
{%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}
{%- if tools and messages[-1].role == 'user' %}{{ '<|tools|>' }}{% endif %}
{%- endif %}
"""


def write_tiny_model(file: Path) -> None:
    """Write the model. Raises `OSError`."""
    tokens = tuple(_tokens())
    write_gguf(file, _values(tokens), list(_tensors(tokens)))


def is_word(token: str) -> bool:
    """Whether the token is one of the words that make up free answers: two syllables behind a blank."""
    return token.startswith(BLANK) and len(token) == 5


def _tokens() -> Iterator[tuple[str, int]]:
    """Text and kind of each token. The beginnings of words are there because the tokenizer grows words from left to
    right, one character at a time."""
    yield UNKNOWN, _UNKNOWN_KIND
    for name in (BEGIN, END, TURN_BEGIN, TURN_END, CUE):
        yield name, _CONTROL
    yield CALL, _USER_DEFINED
    for byte in range(256):
        yield f"<0x{byte:02X}>", _BYTE
    for character in (BLANK, *(chr(code) for code in range(33, 127))):
        yield character, _NORMAL
    for consonant in CONSONANTS:
        yield BLANK + consonant, _NORMAL
    for syllable in SYLLABLES:
        yield BLANK + syllable, _NORMAL
    for syllable, consonant in product(SYLLABLES, CONSONANTS):
        yield BLANK + syllable + consonant, _NORMAL
    for first, second in product(SYLLABLES, SYLLABLES):
        yield BLANK + first + second, _NORMAL


def _values(tokens: tuple[tuple[str, int], ...]) -> dict[str, Value]:
    names = [name for name, _ in tokens]
    return {
        "general.architecture": "llama",
        "general.name": "tiny-random",
        "llama.context_length": CONTEXT_TOKENS,
        "llama.embedding_length": WIDTH,
        "llama.block_count": LAYERS,
        "llama.feed_forward_length": FEED_FORWARD_WIDTH,
        "llama.attention.head_count": HEADS,
        "llama.attention.head_count_kv": HEADS,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "llama.rope.dimension_count": WIDTH // HEADS,
        "llama.vocab_size": len(tokens),
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": names,
        "tokenizer.ggml.scores": [float(len(name)) for name in names],
        "tokenizer.ggml.token_type": [kind for _, kind in tokens],
        "tokenizer.ggml.unknown_token_id": names.index(UNKNOWN),
        "tokenizer.ggml.bos_token_id": names.index(BEGIN),
        "tokenizer.ggml.eos_token_id": names.index(TURN_END),
        "tokenizer.ggml.add_bos_token": True,
        "tokenizer.ggml.add_space_prefix": False,
        "tokenizer.chat_template": CHAT_TEMPLATE,
    }


def _tensors(tokens: tuple[tuple[str, int], ...]) -> Iterator[Tensor]:
    """Attention is made strong, for otherwise each word would hang on the last one alone and the text would loop."""
    dice = random.Random(SEED)  # noqa: S311 - a model, not a secret
    narrow, wide = WIDTH**-0.5, FEED_FORWARD_WIDTH**-0.5
    names = [name for name, _ in tokens]
    yield Tensor("token_embd.weight", (WIDTH, len(tokens)), _embeddings(names, dice))
    for layer in range(LAYERS):
        block = f"blk.{layer}"
        yield _ones(f"{block}.attn_norm.weight")
        yield _matrix(dice, f"{block}.attn_q.weight", WIDTH, WIDTH, 2 * narrow)
        yield _matrix(dice, f"{block}.attn_k.weight", WIDTH, WIDTH, 2 * narrow)
        yield _matrix(dice, f"{block}.attn_v.weight", WIDTH, WIDTH, 8 * narrow)
        yield _matrix(dice, f"{block}.attn_output.weight", WIDTH, WIDTH, 4 * narrow)
        yield _ones(f"{block}.ffn_norm.weight")
        yield _matrix(dice, f"{block}.ffn_gate.weight", WIDTH, FEED_FORWARD_WIDTH, narrow)
        yield _matrix(dice, f"{block}.ffn_up.weight", WIDTH, FEED_FORWARD_WIDTH, narrow)
        yield _matrix(dice, f"{block}.ffn_down.weight", FEED_FORWARD_WIDTH, WIDTH, wide)
    yield _ones("output_norm.weight")
    yield Tensor("output.weight", (WIDTH, len(tokens)), _voices(names, dice))


def _embeddings(names: list[str], dice: random.Random) -> "array[float]":
    """What the model reads for each token: noise, and for the cue one direction of its own (the first)."""
    numbers: array[float] = array("f")
    for name in names:
        numbers.extend(_first_direction(CUE_LOUDNESS) if name == CUE else _noise(dice, WIDTH, 1.0))
    return numbers


def _voices(names: list[str], dice: random.Random) -> "array[float]":
    """What makes the model say each token."""
    numbers: array[float] = array("f")
    for name in names:
        loudness = 1.0 if is_word(name) else SPELLING_LOUDNESS
        numbers.extend(_first_direction(CALL_LOUDNESS) if name == CALL else _noise(dice, WIDTH, loudness))
    return numbers


def _first_direction(size: float) -> list[float]:
    return [size] + [0.0] * (WIDTH - 1)


def _matrix(dice: random.Random, name: str, columns: int, rows: int, size: float) -> Tensor:
    return Tensor(name, (columns, rows), array("f", _noise(dice, columns * rows, size)))


def _noise(dice: random.Random, count: int, size: float) -> Iterator[float]:
    return (dice.gauss(0.0, size) for _ in range(count))


def _ones(name: str) -> Tensor:
    return Tensor(name, (WIDTH,), array("f", [1.0] * WIDTH))

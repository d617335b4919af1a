"""What an answer depends on, and nothing else."""

import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.call import Call, CallKind
from mainstay.wire.canonical import cache_key

MESSAGES = [{"role": "user", "content": "Why do bridges hum?"}]
BASE: dict[str, object] = {"model": "m", "max_tokens": 100, "temperature": 0, "messages": MESSAGES}
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def call(body: bytes | dict[str, object], dialect: str = "anthropic", **fields: object) -> Call:
    data = body if isinstance(body, bytes) else msgspec.json.encode(body)
    made = Call(dialect, CallKind.ANSWER, "/v1/messages", "m", stream=False, headers=(), body=data)
    return msgspec.structs.replace(made, **fields)


def key(
    body: bytes | dict[str, object] = BASE,
    dialect: str = "anthropic",
    tenant: str = "acme",
    model: str = "m",
    **fields: object,
) -> bytes:
    found = cache_key(call(body, dialect, **fields), tenant, model)
    assert found is not None
    return found


def shuffled(value: object, chance: random.Random) -> object:
    """The same JSON with members in another order."""
    if isinstance(value, dict):
        items = list(value.items())
        chance.shuffle(items)
        return {name: shuffled(one, chance) for name, one in items}
    return [shuffled(one, chance) for one in value] if isinstance(value, list) else value


@given(st.dictionaries(st.text(), JSON, max_size=6), st.randoms(use_true_random=False))
def test_order_and_whitespace_make_no_difference(fields: dict[str, object], chance: random.Random) -> None:
    body = {**fields, "store": False, "background": False, "previous_response_id": None, "conversation": None}
    again = msgspec.json.format(msgspec.json.encode(shuffled(body, chance)), indent=3)
    assert key(body) == key(again)


@given(JSON, JSON)
def test_what_differs_in_what_is_asked_has_another_key(one: object, other: object) -> None:
    same = msgspec.json.encode(one, order="deterministic") == msgspec.json.encode(other, order="deterministic")
    assert (key({**BASE, "unknown": one}) == key({**BASE, "unknown": other})) is same


@pytest.mark.parametrize(
    ("dialect", "extra"),
    [
        ("anthropic", {"metadata": {"user_id": "u"}}),
        ("anthropic", {"stream": False}),
        ("openai-chat", {"user": "u"}),
        ("openai-chat", {"safety_identifier": "s", "prompt_cache_key": "p", "stream_options": None}),
        ("openai-chat", {"store": False, "stream": False}),
    ],
)
def test_who_asks_makes_no_difference(dialect: str, extra: dict[str, object]) -> None:
    base = {**BASE, "store": False} if "store" in extra else BASE
    assert key({**BASE, **extra}, dialect) == key(base, dialect)


@pytest.mark.parametrize("extra", [{"user": "u"}, {"safety_identifier": "s"}, {"metadata": {"a": "b"}}])
def test_a_response_repeats_who_asked_and_so_is_his_alone(extra: dict[str, object]) -> None:
    body = {**BASE, "store": False}
    assert key({**body, **extra}, "openai-responses") != key(body, "openai-responses")


def test_what_streams_send_depends_on_their_options() -> None:
    options = {"stream_options": {"include_usage": True}}
    assert key({**BASE, **options}, "openai-chat", stream=True) != key(BASE, "openai-chat", stream=True)


def test_everything_around_the_body_counts() -> None:
    keys = [
        key(),
        key(tenant="other"),
        key(model="n"),
        key(dialect="openai-chat"),
        key(path="/v1/messages?beta=true"),
        key(stream=True),
        key(headers=(("anthropic-beta", "one"),)),
        key(headers=(("anthropic-version", "2023-06-01"),)),
        key(headers=(("openai-beta", "one"),)),
    ]
    assert len(set(keys)) == len(keys)


def test_betas_count_in_any_order_and_other_fields_not_at_all() -> None:
    one = key(headers=(("anthropic-beta", "b, a"), ("user-agent", "x")))
    assert one == key(headers=(("anthropic-beta", "a"), ("anthropic-beta", "b"), ("user-agent", "y")))


@pytest.mark.parametrize(
    ("dialect", "body"),
    [
        ("openai-responses", {}),
        ("openai-responses", {"store": None}),
        ("openai-responses", {"store": True}),
        ("openai-responses", {"store": False, "previous_response_id": "resp_1"}),
        ("openai-responses", {"store": False, "background": True}),
        ("openai-chat", {"store": True}),
    ],
)
def test_what_a_provider_keeps_has_no_key(dialect: str, body: dict[str, object]) -> None:
    assert cache_key(call({**BASE, **body}, dialect), "acme", "m") is None


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"a": 1e999}', b'{"a": ' + b"[" * 5_000 + b"]" * 5_000 + b"}"])
def test_what_cannot_be_read_without_loss_has_no_key(body: bytes) -> None:
    assert cache_key(call(body), "acme", "m") is None


def test_large_numbers_keep_all_their_digits() -> None:
    assert key(b'{"seed": 123456789012345678901234567890}') != key(b'{"seed": 123456789012345678901234567891}')

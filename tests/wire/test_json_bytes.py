import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.wire.json_bytes import (
    ABSENT,
    is_given,
    is_object,
    is_string,
    raw,
    read_fields,
    read_integer,
    read_text,
    replace_fields,
    replace_model,
)

NAMES = st.sampled_from(["model", "messages", 'say "model"', "a\\", "mod", "x"]) | st.text(max_size=6)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=12)
    | st.sampled_from(['"model":"x"', '\\"model', "{[,:"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)


@given(
    before=st.dictionaries(NAMES.filter(lambda name: name != "model"), VALUES, max_size=4),
    after=st.dictionaries(NAMES.filter(lambda name: name != "model"), VALUES, max_size=4),
    old=st.text(max_size=8),
    new=st.text(max_size=8),
    ascii_only=st.booleans(),
    indent=st.sampled_from([None, 1]),
)
def test_only_the_bytes_of_the_model_change(
    before: dict[str, object],
    after: dict[str, object],
    old: str,
    new: str,
    *,
    ascii_only: bool,
    indent: int | None,
) -> None:
    after = {name: value for name, value in after.items() if name not in before}
    body = json.dumps({**before, "model": old, **after}, ensure_ascii=ascii_only, indent=indent).encode()
    edited = replace_model(body, new)
    assert json.loads(edited) == {**before, "model": new, **after}
    if old != new:
        # What stands around the value is the same, byte for byte: take both values out and compare.
        value = json.dumps(old, ensure_ascii=ascii_only).encode()
        places = [at for at in range(len(body)) if body.startswith(value, at)]
        written = msgspec.json.encode(new)
        assert any(body[:at] + written + body[at + len(value) :] == edited for at in places)


@pytest.mark.parametrize(
    ("body", "edited"),
    [
        (b'{"model":"a"}', b'{"model":"NEW"}'),
        (b'{ "model" :\t"a" , "n" : 1.50 }', b'{ "model" :\t"NEW" , "n" : 1.50 }'),
        (b'{"m":[{"model":"a"}],"model":"a"}', b'{"m":[{"model":"a"}],"model":"NEW"}'),
        (b'{"model":"a","m":{"model":"a"}}', b'{"model":"NEW","m":{"model":"a"}}'),
        (b'{"x":{"model":"b"},"model":"a","y":{"model":"c"}}', b'{"x":{"model":"b"},"model":"NEW","y":{"model":"c"}}'),
        (b'{"s":"\\"model\\":\\"a\\"","model":"a"}', b'{"s":"\\"model\\":\\"a\\"","model":"NEW"}'),
        (b'{"model":"first","model":"last"}', b'{"model":"first","model":"NEW"}'),
        (b'{"model":"first","z":{"model":"b"},"model":"last","y":{"model":"c"}}',
         b'{"model":"first","z":{"model":"b"},"model":"NEW","y":{"model":"c"}}'),
        (b'{"mod\\u0065l":"a"}', b'{"mod\\u0065l":"NEW"}'),
        (b'{"model":"a\\u0022b"}', b'{"model":"NEW"}'),
        (b'{"v":"model","model":"a","w":"model"}', b'{"v":"model","model":"NEW","w":"model"}'),
        (b'{"x":{"model":"b"},"k":["model"],"mod\\u0065l":"a","y":{"model":"c"}}',
         b'{"x":{"model":"b"},"k":["model"],"mod\\u0065l":"NEW","y":{"model":"c"}}'),
        (b'{"n":1}', b'{"n":1}'),
        (b"no json", b"no json"),
    ],
)  # fmt: skip
def test_the_model_is_found_wherever_it_stands(body: bytes, edited: bytes) -> None:
    assert replace_model(body, "NEW") == edited


def test_the_same_model_leaves_the_very_same_bytes() -> None:
    body = b'{"mod\\u0065l" : "a"}'
    assert replace_model(body, "a") is body


def test_other_fields_keep_the_bytes_of_their_values_and_their_order() -> None:
    body = b'{"a": 1.50, "b": {"c" : [1, 2]}, "d": 3}'
    assert replace_fields(body, {"a": None, "d": raw("x"), "e": raw([])}) == b'{"b":{"c" : [1, 2]},"d":"x","e":[]}'


def test_replacing_fields_of_no_object_is_an_error() -> None:
    with pytest.raises(ValueError, match="Expected"):
        replace_fields(b"[]", {})


def test_foreign_json_is_read_without_raising() -> None:
    deep = b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    assert read_fields(deep) is None
    assert read_fields(b'{"a":') is None
    assert read_fields(b'{"a":1}') == {"a": msgspec.Raw(b"1")}
    assert (read_text(raw("x")), read_text(raw(1)), read_text(None)) == ("x", "", "")
    assert (read_integer(raw(7)), read_integer(raw("7")), read_integer(None)) == (7, None, None)
    assert [is_object(text) for text in ("{}", '{"a": 1}', "", '{"a', "[]", "{}{}")] == [
        True,
        True,
        False,
        False,
        False,
        False,
    ]


def test_null_says_no_more_than_absence() -> None:
    assert [is_given(value) for value in (ABSENT, raw(None), raw(0), raw({}))] == [False, False, True, True]


@pytest.mark.parametrize("value", [ABSENT, *(raw(one) for one in (None, True, 7, "", "a", [], ["a"], {}, {"a": 1}))])
def test_a_value_that_is_still_bytes_is_read_whatever_it_is(value: msgspec.Raw) -> None:
    """`Raw` is no subclass of `bytes` when it runs; each of these would raise if it were taken for one."""
    decoded = msgspec.json.decode(value) if value else None
    assert is_given(value) is (decoded is not None)
    assert is_string(value) is isinstance(decoded, str)
    assert is_object(value) is isinstance(decoded, dict)
    assert (read_fields(value) is not None) is isinstance(decoded, dict)
    assert read_text(value) == (decoded if isinstance(decoded, str) else "")
    assert (read_integer(value) is not None) is (type(decoded) is int)

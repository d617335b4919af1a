import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

from mainstay.wire.trust.jws import Signed, is_genuine, is_signed_by, read_signed, sign, split
from tests.wire.trust.makers import encoded, key

KIND = "test+jws"


def public(number: int = 1) -> OKPKey:
    return OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": key(number).x})


def read(text: str) -> Signed | None:
    return read_signed(text, KIND, 10_000)


def with_header(header: bytes) -> str:
    """A document with this header, properly signed over it."""
    start = f"{encoded(header)}.{encoded(b'hello')}"
    return f"{start}.{encoded(key()._secret.sign(start.encode()))}"


def test_what_is_signed_can_be_read_and_verified() -> None:
    document = read(sign(b"hello", KIND, key()))
    assert document is not None
    assert (document.key, document.payload) == (key().id, b"hello")
    assert is_signed_by(document, public())
    assert not is_signed_by(document, public(2))


def test_it_is_a_jws_as_others_write_them() -> None:
    found = jws.deserialize_compact(sign(b"hello", KIND, key()), public(), algorithms=["Ed25519"])
    assert found.payload == b"hello"
    assert found.headers() == {"alg": "Ed25519", "kid": key().id, "typ": KIND}


def test_the_header_that_we_write_is_accepted() -> None:
    document = read(with_header(b'{"alg":"Ed25519","kid":"%s","typ":"%s"}' % (key().id.encode(), KIND.encode())))
    assert document is not None
    assert is_signed_by(document, public())


@pytest.mark.parametrize(
    "header",
    [
        b'{"alg":"none","kid":"K","typ":"test+jws"}',
        b'{"alg":"None","kid":"K","typ":"test+jws"}',
        b'{"alg":"EdDSA","kid":"K","typ":"test+jws"}',
        b'{"alg":"Ed448","kid":"K","typ":"test+jws"}',
        b'{"alg":"HS256","kid":"K","typ":"test+jws"}',
        b'{"alg":"RS256","kid":"K","typ":"test+jws"}',
        b'{"alg":"ES256","kid":"K","typ":"test+jws"}',
        b'{"alg":"Ed25519","kid":"K","typ":"other+jws"}',
        b'{"alg":"Ed25519","kid":"K"}',
        b'{"alg":"Ed25519","typ":"test+jws"}',
        b'{"kid":"K","typ":"test+jws"}',
        b'{"alg":"Ed25519","kid":"K","typ":"test+jws","crit":["exp"]}',
        b'{"alg":"Ed25519","kid":"K","typ":"test+jws","jwk":{"kty":"OKP"}}',
        b'{"alg":"Ed25519","kid":"K","typ":"test+jws","jku":"http://127.0.0.1/"}',
        b'{"alg":"Ed25519","kid":"K","typ":"test+jws","x5u":"http://127.0.0.1/"}',
        b'{"alg":"Ed25519","kid":"K","typ":"test+jws","b64":false}',
        b'{"alg":"none","alg":"Ed25519","kid":"K","typ":"test+jws"}',
        b'{"kid":"K","alg":"Ed25519","typ":"test+jws"}',
        b'{"alg": "Ed25519","kid":"K","typ":"test+jws"}',
        b'["Ed25519"]',
        b"{",
        b"",
        b"\xff\xfe",
        b'{"alg":' + b"[" * 4_000,
    ],
)
def test_any_other_header_is_refused_even_if_it_is_signed(header: bytes) -> None:
    assert read(with_header(header.replace(b'"K"', b'"%s"' % key().id.encode()))) is None


def test_a_document_that_is_too_long_is_not_looked_at() -> None:
    text = sign(b"hello", KIND, key())
    assert read_signed(text, KIND, len(text)) is not None
    assert read_signed(text, KIND, len(text) - 1) is None


@pytest.mark.parametrize(
    "text", ["", ".", "...", "a.b", "a.b.c.d", "a.b.c", "YQ.YQ.YQ==", "Y Q.YQ.YQ", "YQ.YQ.Y\u0661", "YQ.YQ.YR"]
)
def test_what_is_no_compact_jws_is_refused(text: str) -> None:
    assert split(text) is None


def test_the_proper_spelling_is_taken_apart() -> None:
    segments = split("YQ.Yg.Yw")
    assert segments is not None
    assert (segments.header, segments.payload, segments.signature, segments.signed) == (b"a", b"b", b"c", b"YQ.Yg")


@given(st.text() | st.binary().map(lambda data: data.decode("latin-1")))
def test_no_text_breaks_the_reading(text: str) -> None:
    assert read(text) is None


@given(st.data())
def test_a_document_that_was_altered_anywhere_is_not_genuine(data: st.DataObject) -> None:
    text = sign(b'{"hello":"world"}', KIND, key())
    place = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from("ABCDwxyz0129-_.="))
    altered = text[:place] + letter + text[place + 1 :]
    document = read(altered)
    assert altered == text or document is None or not is_signed_by(document, public())


@given(st.integers(0, 200))
def test_a_document_that_was_cut_off_is_not_genuine(length: int) -> None:
    text = sign(b'{"hello":"world"}', KIND, key())
    document = read(text[:length]) if length < len(text) else None
    assert document is None or not is_signed_by(document, public())


def test_a_key_of_another_kind_verifies_nothing() -> None:
    document = read(sign(b"hello", KIND, key()))
    assert document is not None
    for other in (
        OKPKey.generate_key("Ed448", auto_kid=False),
        OKPKey.generate_key("X25519", auto_kid=False),
        ECKey.generate_key("P-256", auto_kid=False),
        RSAKey.generate_key(2048, auto_kid=False),
    ):
        assert not is_genuine(document.segments, "Ed25519", other)


def test_no_algorithm_verifies_without_a_signature() -> None:
    segments = split(f"{encoded(b'{}')}.{encoded(b'hello')}.")
    assert segments is not None
    assert not is_genuine(segments, "Ed25519", public())
    assert not is_genuine(segments, "unheard-of", public())


def test_a_payload_may_be_of_any_size_that_the_reader_allows() -> None:
    payload = msgspec.json.encode(["x" * 1_000] * 1_000)
    document = read_signed(sign(payload, KIND, key()), KIND, 2_000_000)
    assert document is not None
    assert document.payload == payload
    assert is_signed_by(document, public())

from mainstay.gateway.http.fields import field_bytes, read_fields

RAW = [(b"Content-Type", b"text/plain"), (b"X-Odd", b"a \t "), (b"content-TYPE", b"\xe9")]


def test_names_are_lower_case_and_values_latin_1_without_trailing_blanks() -> None:
    headers, _ = read_fields(RAW, ())
    assert headers == (("content-type", "text/plain"), ("x-odd", "a"), ("content-type", "é"))


def test_noted_names_are_joined_where_they_repeat() -> None:
    _, noted = read_fields(RAW, {"content-type"})
    assert noted == {"content-type": "text/plain,é"}


def test_size_is_what_the_wire_carries() -> None:
    assert field_bytes([(b"a", b"bc"), (b"d", b"")]) == len(b"a: bc\r\nd: \r\n")

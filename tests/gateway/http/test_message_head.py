import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.gateway.http.message_head import request_head, response_head, status_line


def test_a_response_head_reads_as_it_should() -> None:
    head = response_head(200, (("content-type", "text/plain"), ("x-a", "é")), "content-length: 3\r\n")
    assert head == b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nx-a: \xe9\r\ncontent-length: 3\r\n\r\n"


def test_a_request_head_reads_as_it_should() -> None:
    head = request_head("GET /a HTTP/1.1\r\n", (("x-a", "b"), ("host", "evil"), ("expect", "x")), "host: h\r\n")
    assert head == b"GET /a HTTP/1.1\r\nx-a: b\r\nhost: h\r\n\r\n"


@pytest.mark.parametrize(
    "name", ["content-length", "transfer-encoding", "connection", "keep-alive", "upgrade", "trailer", "te"]
)
def test_fields_about_the_connection_are_ours_alone(name: str) -> None:
    assert name.encode() not in response_head(200, ((name, "x"),), "")
    assert name.encode() not in request_head("GET / HTTP/1.1\r\n", ((name, "x"),), "")


@given(st.text(), st.text())
def test_no_value_can_end_its_line(name: str, value: str) -> None:
    head = response_head(200, ((name, value), ("x-last", "1")), "")
    lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    assert b"\n" not in head.replace(b"\r\n", b"")
    assert b"\r" not in head.replace(b"\r\n", b"")
    assert b"\0" not in head
    assert lines[-1] == b"x-last: 1"
    assert len(lines) <= 3


def test_an_injected_line_becomes_part_of_the_value() -> None:
    head = response_head(200, (("x-a", "b\r\nset-cookie: c\0"),), "")
    assert head == b"HTTP/1.1 200 OK\r\nx-a: b  set-cookie: c \r\n\r\n"


def test_a_field_whose_name_is_none_is_left_out_of_a_bad_head() -> None:
    assert response_head(200, (("x\r\ny", "b"), ("x-a", "b")), "") == b"HTTP/1.1 200 OK\r\nx-a: b\r\n\r\n"


def test_what_latin_1_cannot_say_becomes_a_question_mark() -> None:
    assert response_head(200, (("x-a", "\u20ac"),), "") == b"HTTP/1.1 200 OK\r\nx-a: ?\r\n\r\n"


@pytest.mark.parametrize(
    ("status", "line"),
    [(404, "404 Not Found"), (529, "529 "), (999, "999 "), (100, "502 Bad Gateway"), (0, "502 Bad Gateway")],
)
def test_every_number_gives_a_status_line(status: int, line: str) -> None:
    assert status_line(status) == f"HTTP/1.1 {line}\r\n"

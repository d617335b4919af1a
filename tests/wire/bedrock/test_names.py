import re

from hypothesis import given
from hypothesis import strategies as st

from mainstay.wire.bedrock.names import call_id, distinct, document_name, is_tool_name, minted_call_id


@given(st.text(max_size=100))
def test_every_id_becomes_one_that_is_accepted_and_always_the_same(given_id: str) -> None:
    written = call_id(given_id)
    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", written)
    assert call_id(given_id) == written == call_id(written)


def test_an_accepted_id_stays() -> None:
    assert call_id("toolu_01-A") == "toolu_01-A"
    assert call_id("call:1") != call_id("call.1")
    assert call_id("x" * 64) == "x" * 64
    assert call_id("x" * 65) != "x" * 65


def test_minted_ids_tell_calls_apart() -> None:
    minted = {minted_call_id("a", 0, "f"), minted_call_id("a", 1, "f"), minted_call_id("b", 0, "f"), call_id("")}
    assert len(minted) == 4


def test_a_taken_name_gets_a_number() -> None:
    assert distinct("a", set()) == "a"
    assert distinct("a", {"a", "a_2"}) == "a_3"
    assert distinct("a", {"a"}, " ") == "a 2"


@given(st.text(max_size=300))
def test_every_document_name_is_accepted(name: str) -> None:
    written = document_name(name)
    assert re.fullmatch(r"[a-zA-Z0-9 ()\[\]-]{1,190}", written)
    assert "  " not in written


def test_document_names_stay_readable() -> None:
    assert document_name("report_final (v2).pdf") == "report final (v2) pdf"
    assert document_name("日本語") == "document"


def test_tool_names() -> None:
    assert is_tool_name("mcp__server-1__tool")
    assert not is_tool_name("a.b")
    assert not is_tool_name("x" * 65)

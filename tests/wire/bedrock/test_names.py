import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.wire.bedrock.names import CALL_IDS, document_name, is_tool_name


def test_an_accepted_id_stays() -> None:
    assert CALL_IDS.fit("toolu_01-A") == "toolu_01-A"
    assert CALL_IDS.fit("x" * 64) == "x" * 64


@pytest.mark.parametrize("given_id", ["", "x" * 65, "call:1", "call.1", "\ud800"])
def test_any_other_id_is_replaced(given_id: str) -> None:
    assert CALL_IDS.fit(given_id).startswith("call_")
    assert CALL_IDS.pattern.fullmatch(CALL_IDS.fit(given_id))


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

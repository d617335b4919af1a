"""Names of gateways and of their processes."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mainstay.gateway.node import (
    GATEWAY_ID_FILE,
    gateway_id_or_any,
    node_name,
    read_or_make_gateway_id,
)

ID = re.compile(r"[0-9a-f]{16}")


def test_an_id_is_made_once_and_stays(tmp_path: Path) -> None:
    first = read_or_make_gateway_id(tmp_path)
    assert ID.fullmatch(first)
    assert read_or_make_gateway_id(tmp_path) == first
    assert [one.name for one in (tmp_path / "run").iterdir()] == ["gateway-id"]


def test_two_gateways_have_two_ids(tmp_path: Path) -> None:
    assert read_or_make_gateway_id(tmp_path / "a") != read_or_make_gateway_id(tmp_path / "b")


def test_all_who_make_it_at_once_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(read_or_make_gateway_id, [tmp_path] * 32))) == 1


@pytest.mark.parametrize("damage", [b"", b"not an id", b"0123456789ABCDEF", b"\xff" * 16])
def test_a_file_that_holds_no_id_is_never_replaced(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / GATEWAY_ID_FILE
    path.parent.mkdir()
    path.write_bytes(damage)
    with pytest.raises(OSError, match="not a gateway id"):
        read_or_make_gateway_id(tmp_path)
    assert path.read_bytes() == damage


def test_a_gateway_whose_disk_is_in_trouble_goes_by_another_name_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("no folder")
    made, trouble = gateway_id_or_any(tmp_path)
    assert ID.fullmatch(made)
    assert "goes by a name of its own" in trouble


def test_where_all_is_well_nothing_is_said(tmp_path: Path) -> None:
    assert gateway_id_or_any(tmp_path) == (read_or_make_gateway_id(tmp_path), "")


def test_a_process_is_named_by_its_gateway_and_its_number() -> None:
    assert node_name("00112233aabbccdd", 3) == "00112233aabbccdd/3"

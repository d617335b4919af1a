from pathlib import Path

import pytest

from mainstay.gateway.node import read_or_make_gateway_id
from mainstay.model.records import AlertRecord
from mainstay.wiring.control_journal import control_journal_file

ALERT = AlertRecord("al_1", 1.0, "billing", "", "", "", "")


def gateway_of(state: Path) -> str:
    file = control_journal_file(state)
    with file.open() as store:
        store.append([ALERT])
        gateway = store.chain().gateway
    file.release()
    return gateway


def test_the_chain_belongs_to_the_gateway_of_the_state_folder(tmp_path: Path) -> None:
    assert gateway_of(tmp_path) == read_or_make_gateway_id(tmp_path)


@pytest.mark.parametrize("content", [b"", b"not an id"])
def test_without_the_gateways_id_there_is_a_journal_all_the_same(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "gateway-id").write_bytes(content)
    assert gateway_of(tmp_path) == ""

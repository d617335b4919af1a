from pathlib import Path

import pytest
from joserfc.jwk import OKPKey

from mainstay.ledger.chain import Anchor, Chain, origin
from mainstay.ledger.checkpoint import Checkpoint, SigningKey
from mainstay.ledger.errors import ForgedCheckpointError, StoreError, UnknownKeyError
from mainstay.ledger.head import HEAD_BYTES, Witness, head_path, read_head, read_head_bytes, write_head

KEY = SigningKey("ck_1", OKPKey.generate_key("Ed25519"))
KEYS = {"ck_1": KEY.key}
CHAIN = Chain("ch_1", "g", 0, 4_000.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal-0.head"


@pytest.fixture
def witness(path: Path) -> Witness:
    return Witness(KEY, path, lambda: 5_000.0)


def test_a_head_lies_beside_its_journal() -> None:
    assert head_path(Path("state/journal-0.sqlite")) == Path("state/journal-0.head")
    assert head_path(Path("state/journal-0.damaged-1")) == Path("state/journal-0.damaged-1.head")


def test_the_head_says_what_the_chain_is(path: Path, witness: Witness) -> None:
    assert read_head(path, KEYS) is None
    witness.keep(witness.statement(CHAIN, Anchor(7, b"\xab" * 32)))
    assert read_head(path, KEYS) == Checkpoint("ch_1", 7, "ab" * 32, 5_000.0, "g", origin(CHAIN))
    assert witness.trouble is None


def test_a_head_is_written_over_in_place_and_never_grows(path: Path, witness: Witness) -> None:
    for sequence in (10**15, 3):
        witness.keep(witness.statement(CHAIN, Anchor(sequence, bytes(32))))
        assert path.stat().st_size == HEAD_BYTES
        head = read_head(path, KEYS)
        assert head is not None
        assert head.sequence == sequence


def test_a_head_that_cannot_be_written_is_trouble_that_passes(path: Path, witness: Witness) -> None:
    path.mkdir()
    witness.keep("statement")
    assert witness.trouble is not None
    assert "journal-0.head: cannot be written" in witness.trouble
    path.rmdir()
    witness.keep("statement")
    assert [witness.trouble] == [None]


@pytest.mark.parametrize("content", [b"", bytes(HEAD_BYTES), b"\xff" * HEAD_BYTES, b"x" * 100_000])
def test_a_head_that_is_none_is_not_believed(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(ForgedCheckpointError):
        read_head(path, KEYS)


def test_a_head_of_a_foreign_key_is_not_believed(path: Path, witness: Witness) -> None:
    witness.keep(witness.statement(CHAIN, Anchor(7, bytes(32))))
    with pytest.raises(ForgedCheckpointError):
        read_head(path, {"ck_1": OKPKey.generate_key("Ed25519")})
    with pytest.raises(UnknownKeyError):
        read_head(path, {})


def test_a_head_that_is_seen_half_written_is_read_again(
    path: Path, witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    statement = witness.statement(CHAIN, Anchor(7, bytes(32)))
    write_head(path, statement)
    whole = path.read_bytes()
    seen = [whole[:300] + bytes(HEAD_BYTES - 300), whole]
    monkeypatch.setattr("mainstay.ledger.head.read_head_bytes", lambda _path: seen.pop(0))
    head = read_head(path, KEYS)
    assert head is not None
    assert head.sequence == 7


def test_a_head_that_cannot_be_read_is_an_error_that_passes(path: Path) -> None:
    path.mkdir()
    with pytest.raises(StoreError, match=r"journal-0\.head"):
        read_head_bytes(path)


def test_one_witness_serves_chain_after_chain(path: Path, witness: Witness) -> None:
    for chain in (CHAIN, Chain("ch_2", "g", 1, 4_001.0), CHAIN):
        witness.keep(witness.statement(chain, Anchor(7, bytes(32))))
        head = read_head(path, KEYS)
        assert head is not None
        assert (head.chain, head.origin) == (chain.id, origin(chain))

import os
from pathlib import Path

import msgspec
import pytest

from mainstay.gateway.drafts import claims as module
from mainstay.gateway.drafts.claims import Claim, ClaimFiles, claim_text, keyed_hash, read_claim
from mainstay.gateway.drafts.disk import Disk

KEEP_SECONDS = 100.0
NAME = "ab" * 16
CLAIM = Claim("ex_1", "d1", "here/0 a1", 1_000.0)
OTHER = msgspec.structs.replace(CLAIM, exchange_id="ex_2")


@pytest.fixture
def files(tmp_path: Path) -> ClaimFiles:
    return ClaimFiles(tmp_path / "claims", Disk(), KEEP_SECONDS)


def standing(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "claims").glob("??/*"))


def test_a_key_is_claimed_once(files: ClaimFiles, tmp_path: Path) -> None:
    assert files.claim(NAME, CLAIM) is None
    assert files.claim(NAME, OTHER) == CLAIM
    (path,) = standing(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_claim(path.read_bytes()) == CLAIM


def test_an_old_claim_counts_no_more(files: ClaimFiles) -> None:
    files.claim(NAME, CLAIM)
    late = msgspec.structs.replace(OTHER, at=CLAIM.at + KEEP_SECONDS + 1)
    assert files.claim(NAME, late) is None
    assert files.claim(NAME, CLAIM) == late


@pytest.mark.parametrize("garbage", [b"", b"{", b"[]", b'{"exchange_id":1}', b"\xff" * 10])
def test_what_is_no_claim_counts_for_nothing(files: ClaimFiles, tmp_path: Path, garbage: bytes) -> None:
    files.claim(NAME, CLAIM)
    standing(tmp_path)[0].write_bytes(garbage)
    assert read_claim(garbage) is None
    assert files.claim(NAME, OTHER) is None


def test_it_moves_for_one_of_those_who_want_it(files: ClaimFiles) -> None:
    files.claim(NAME, CLAIM)
    third = msgspec.structs.replace(CLAIM, exchange_id="ex_3")
    assert files.move(NAME, CLAIM, OTHER) is None
    assert files.move(NAME, CLAIM, third) == OTHER


def test_only_its_own_claim_is_released(files: ClaimFiles, tmp_path: Path) -> None:
    files.claim(NAME, CLAIM)
    files.release(NAME, OTHER)
    assert len(standing(tmp_path)) == 1
    files.release(NAME, CLAIM)
    assert standing(tmp_path) == []
    files.release(NAME, CLAIM)


def test_nobody_waits_for_another_process(files: ClaimFiles, tmp_path: Path) -> None:
    files.claim(NAME, CLAIM)
    with ClaimFiles(tmp_path / "claims", Disk(), KEEP_SECONDS)._guard(), pytest.raises(BlockingIOError):
        files.move(NAME, CLAIM, OTHER)
    assert files.move(NAME, CLAIM, OTHER) is None


def test_old_ones_are_swept_in_turn(files: ClaimFiles, tmp_path: Path) -> None:
    for number in range(0, 256, 32):
        files.claim(f"{number:02x}" * 16, CLAIM)
    for path in standing(tmp_path)[1:]:
        os.utime(path, (1_000.0, 1_000.0))
    os.utime(standing(tmp_path)[0], (5_000.0, 5_000.0))
    for _ in range(256 // module.SWEPT_AT_ONCE):
        files.sweep(5_000.0)
    assert len(standing(tmp_path)) == 1


def test_a_full_folder_loses_its_oldest(files: ClaimFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CLAIMS_IN_FOLDER_MAX", 10)
    for number in range(50):
        name = f"ab{number:030}"
        assert files.claim(name, CLAIM) is None
        os.utime(tmp_path / "claims" / "ab" / name, (2_000.0 + number, 2_000.0 + number))
    names = [path.name for path in standing(tmp_path)]
    assert len(names) <= 11
    assert names[-1] == f"ab{49:030}"


def test_hashes_tell_keys_and_parts_apart() -> None:
    one = keyed_hash(b"k" * 32, b"ab", b"c")
    assert one == keyed_hash(b"k" * 32, b"ab", b"c")
    assert len({one, keyed_hash(b"k" * 32, b"a", b"bc"), keyed_hash(b"x" * 32, b"ab", b"c")}) == 3


def test_a_claim_is_always_the_same_bytes() -> None:
    assert claim_text(CLAIM) == claim_text(read_claim(claim_text(CLAIM)) or OTHER)

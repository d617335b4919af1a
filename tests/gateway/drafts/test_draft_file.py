from pathlib import Path

import pytest

from mainstay.gateway.drafts.draft_file import SIGN_BYTES, DraftFile
from mainstay.gateway.drafts.entries import BEGUN, DELIVERED, OPENING, Entry
from mainstay.gateway.drafts.seal import FRAMES_AT, frames, read_header
from tests.gateway.drafts.conftest import KEY


def new_file(*, durable: bool = False) -> DraftFile:
    return DraftFile("ex_1", Path("ex_1.draft"), durable=durable)


def write(file: DraftFile, entries: list[Entry]) -> bytes:
    sealed = file.sealed(KEY, entries)
    file.wrote(entries, sealed)
    return b"".join(sealed)


def test_the_first_entries_come_with_a_header() -> None:
    file = new_file(durable=True)
    data = write(file, [(OPENING, b"one")])
    header = read_header(data)
    assert header is not None
    assert header.is_durable
    assert not file.is_new
    more = write(file, [(DELIVERED, b"two"), (DELIVERED, b"three")])
    assert read_header(more) is None
    found = list(frames(data + more, FRAMES_AT))
    assert [file.sealer.open(frame, number) for number, frame in enumerate(found)] == [b"one", b"two", b"three"]
    assert (file.size, file.frames, file.stream_bytes) == (len(data + more), 3, 8)


def test_a_file_is_new_before_the_first_entry() -> None:
    assert new_file().is_new


def test_there_is_no_sealer_before_the_first_entry() -> None:
    with pytest.raises(RuntimeError, match="nothing was written"):
        _ = new_file().sealer


def test_the_frame_of_any_position_is_found_nearby() -> None:
    file = new_file()
    data = write(file, [(OPENING, b"opening")])
    chunk = b"x" * (SIGN_BYTES // 4)
    for _ in range(40):
        data += write(file, [(DELIVERED, chunk), (BEGUN, b"other")])
    for position in range(0, file.stream_bytes, 9_999):
        sign, end = file.sign_before(position)
        assert sign.position <= position < sign.position + SIGN_BYTES + len(chunk)
        stretch = list(enumerate(frames(data[sign.offset : end], 0), sign.number))
        delivered = [file.sealer.open(one, number) for number, one in stretch if one.kind == DELIVERED]
        assert position < sign.position + len(b"".join(delivered))

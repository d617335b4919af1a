"""The golden files of this dialect, and helpers to feed them in pieces."""

from pathlib import Path

from mainstay.model.piece import Piece
from mainstay.wire.gemini.stream import GeminiPieces

FOLDER = Path(__file__).parent.parent / "golden" / "gemini"


def golden(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


def told(*packets: bytes) -> list[Piece]:
    """What a stream of these packets says, its end included."""
    reader = GeminiPieces()
    pieces: list[Piece] = []
    for packet in packets:
        pieces += reader.feed(packet)
    return pieces + reader.close()


def event(data: str) -> bytes:
    return f"data: {data}\r\n\r\n".encode()


def chunk(parts: str, finish_reason: str = "") -> bytes:
    """One event with this list of parts."""
    finish = f',"finishReason":"{finish_reason}"' if finish_reason else ""
    return event(f'{{"candidates":[{{"content":{{"parts":{parts}}}{finish}}}],"responseId":"answer-1"}}')

import pytest

from bench.spoken.shape import data_lines, padding


@pytest.mark.parametrize(("text", "width", "length"), [("word", 10, 6), ("word", 4, 1), ("", 80, 80)])
def test_text_and_padding_fill_a_width(text: str, width: int, length: int) -> None:
    assert [len(padding(number, text, width)) for number in (0, 31, 1_000)] == [length] * 3


def test_only_data_is_read_of_a_stream() -> None:
    assert list(data_lines(b": hello\n\nevent: x\ndata: 1\n\ndata: 2\n\n")) == [b"1", b"2"]

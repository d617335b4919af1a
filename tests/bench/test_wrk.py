from pathlib import Path

from bench.wrk import VARIES, Ask, Wrk


def script(folder: Path, body: bytes) -> str:
    Wrk(folder, "one", 0, Ask("/v1/messages", {"x-a": "b"}, body), connections=1)
    return (folder / "one.lua").read_text()


def test_the_same_body_is_sent_each_time(tmp_path: Path) -> None:
    written = script(tmp_path, b'{"a": 1}')
    assert 'wrk.body = [[{"a": 1}]]' in written
    assert "wrk.headers[ [[x-a]] ] = [[b]]" in written
    assert "request = function" not in written


def test_a_varying_body_has_a_number_where_the_mark_stood(tmp_path: Path) -> None:
    written = script(tmp_path, b'{"a": "' + VARIES.encode() + b'"}')
    assert '[[{"a": "]] .. run .. "-" .. number .. [["}]]' in written
    assert VARIES not in written

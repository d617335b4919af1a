import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.config.yaml_text import DEPTH_MAX, FILE_BYTES_MAX, Parsed, Tree, parse


def only_message(parsed: Parsed) -> str:
    assert len(parsed.mistakes) == 1
    return parsed.mistakes[0].message


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-7", -7),
        ("0.5", 0.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("", None),
        ("'1'", "1"),
        ("off", "off"),
        ("no", "no"),
        ("2026-01-01", "2026-01-01"),
        ("12:30:45", "12:30:45"),
        ("0x10", "0x10"),
        (".nan", ".nan"),
        ("!!python/name:os.system x", "x"),
    ],
)
def test_only_the_core_words_of_yaml_have_a_type(text: str, value: Tree) -> None:
    assert parse(f"key: {text}".encode()).tree == {"key": value}


def test_every_path_has_its_line() -> None:
    parsed = parse(b"a:\n  b: 1\nlist:\n  - x\n  - {c: 2}\n")
    assert parsed.lines == {"": 1, "a": 1, "a.b": 2, "list": 3, "list[0]": 4, "list[1]": 5, "list[1].c": 5}


def test_a_syntax_error_has_its_line_and_does_not_quote_the_text() -> None:
    parsed = parse(b"a: 1\nkey: sk-secret: [\n")
    assert parsed.mistakes[0].line == 2
    assert "not valid YAML" in only_message(parsed)
    assert "sk-secret" not in only_message(parsed)


def test_a_key_that_is_written_twice_is_a_mistake_at_its_path() -> None:
    parsed = parse(b"m:\n  a: 1\n  b: 2\n  a: 3\n")
    assert (parsed.mistakes[0].path, parsed.mistakes[0].line) == ("m.a", 4)
    assert only_message(parsed) == "is written twice, first in line 2"


def test_a_key_that_is_no_word_is_a_mistake() -> None:
    assert only_message(parse(b"m: {[1, 2]: 3}")) == "has a key that is not a plain word"


@pytest.mark.parametrize("text", [b"", b"# nothing\n", b"---\n"])
def test_an_empty_file_says_what_it_needs(text: bytes) -> None:
    parsed = parse(text)
    assert parsed.tree is None
    if text != b"---\n":
        assert "`upstreams` and `models`" in only_message(parsed)


def test_an_alias_repeats_a_value() -> None:
    assert parse(b"a: &x {b: 1}\nc: *x\n").tree == {"a": {"b": 1}, "c": {"b": 1}}


def test_a_bomb_of_aliases_is_refused() -> None:
    levels = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]\n" for n in range(1, 9))
    assert "aliases expanded" in only_message(parse(f"l0: &l0 [x]\n{levels}".encode()))


def test_an_alias_that_contains_itself_is_refused() -> None:
    assert "contains itself" in only_message(parse(b"a: &a [*a]\n"))


def test_depth_is_bounded() -> None:
    assert f"more than {DEPTH_MAX} levels" in only_message(parse(b"a: " + b"[" * 100_000))


def test_size_is_bounded() -> None:
    assert "larger" in only_message(parse(b"a" * (FILE_BYTES_MAX + 1)))


def test_text_that_is_not_utf8_names_the_line() -> None:
    parsed = parse(b"a: 1\nb: \xff\n")
    assert (parsed.mistakes[0].line, only_message(parsed)) == (2, "the file is not UTF-8 text")


def test_forbidden_characters_and_several_documents_are_mistakes() -> None:
    assert "not valid YAML" in only_message(parse(b"a: \x00"))
    assert "not valid YAML" in only_message(parse(b"a: 1\n---\nb: 2\n"))


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert parse(b"\xef\xbb\xbfa: 1").tree == {"a": 1}


@given(st.binary(max_size=200))
def test_no_bytes_break_the_parser(text: bytes) -> None:
    parsed = parse(text)
    assert parsed.mistakes or parsed.lines


@given(st.text(alphabet="ab:-[]{},&*!|>%@`'\"#? \n\t", max_size=80))
def test_no_punctuation_breaks_the_parser(text: str) -> None:
    parsed = parse(text.encode())
    assert parsed.mistakes or parsed.lines

from pathlib import Path

import pytest

from mainstay.config.secret import SECRET_BYTES_MAX, NoSecret, Secret, resolve


def test_an_environment_variable_is_followed_and_trimmed() -> None:
    assert resolve("env:KEY", {"KEY": " value\n"}, Path()) == Secret("value")


def test_a_file_is_found_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "key.txt").write_text("value\n")
    assert resolve("file:key.txt", {}, tmp_path) == Secret("value")
    assert resolve(f"file:{tmp_path}/key.txt", {}, Path("elsewhere")) == Secret("value")


@pytest.mark.parametrize("environment", [{}, {"KEY": ""}, {"KEY": "  "}])
def test_a_variable_that_is_empty_counts_as_not_set(environment: dict[str, str]) -> None:
    assert resolve("env:KEY", environment, Path()) == NoSecret("environment variable KEY is not set", absent=True)


def test_a_missing_or_empty_file_is_absent(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert resolve("file:empty", {}, tmp_path) == NoSecret("file empty is empty", absent=True)
    missing = resolve("file:nowhere", {}, tmp_path)
    assert isinstance(missing, NoSecret)
    assert missing.absent
    assert "nowhere" in missing.message


@pytest.mark.parametrize("reference", ["sk-ant-1234", "env:sk-ant-1234", "env:", "file:", "https://1234", "ENV:1234"])
def test_a_literal_secret_is_refused_and_not_repeated(reference: str) -> None:
    refused = resolve(reference, {}, Path())
    assert isinstance(refused, NoSecret)
    assert not refused.absent
    assert "1234" not in refused.message


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "clé", "a\x00b"])
def test_a_secret_that_cannot_stand_in_a_header_is_refused(value: str) -> None:
    refused = resolve("env:KEY", {"KEY": value}, Path())
    assert isinstance(refused, NoSecret)
    assert value not in refused.message


def test_a_file_is_read_only_up_to_a_bound(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(b"a" * (SECRET_BYTES_MAX + 1))
    assert "larger" in str(resolve("file:big", {}, tmp_path))
    assert isinstance(resolve("file:a\0b", {}, tmp_path), NoSecret)


def test_a_secret_never_shows_itself() -> None:
    assert "value" not in repr(Secret("value"))

import json
from pathlib import Path

import pytest

from mainstay.config.secret import SECRET_BYTES_MAX, NoSecret, Secret, aws_environment, resolve


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
    (tmp_path / "big").write_bytes(b"a" * SECRET_BYTES_MAX)
    assert resolve("file:big", {}, tmp_path) == Secret("a" * SECRET_BYTES_MAX)
    assert isinstance(resolve("file:a\0b", {}, tmp_path), NoSecret)


def test_a_secret_never_shows_itself() -> None:
    assert "value" not in repr(Secret("value"))


# -- key files of clouds

SERVICE_ACCOUNT = {"type": "service_account", "private_key": "-----BEGIN\nMII=\n-----END", "client_email": "a@b"}


def test_a_key_file_over_many_lines_stands_on_one_and_says_the_same(tmp_path: Path) -> None:
    (tmp_path / "key.json").write_text(json.dumps(SERVICE_ACCOUNT, indent=2) + "\n")
    secret = resolve("file:key.json", {}, tmp_path)
    assert isinstance(secret, Secret)
    assert "\n" not in secret.value
    assert json.loads(secret.value) == SERVICE_ACCOUNT


def test_a_key_file_may_stand_in_a_variable_too() -> None:
    secret = resolve("env:KEY", {"KEY": ' {\n"a": 1}'}, Path())
    assert isinstance(secret, Secret)
    assert json.loads(secret.value) == {"a": 1}


@pytest.mark.parametrize("value", ['{"a":\n', "{\n}}", "{" * 100_000 + "\n"], ids=["cut", "too much", "too deep"])
def test_what_only_looks_like_a_key_file_is_refused_for_its_line_breaks(value: str) -> None:
    refused = resolve("env:KEY", {"KEY": value + "x"}, Path())
    assert isinstance(refused, NoSecret)
    assert "line breaks" in refused.message


# -- what Amazon's own tools would find

KEY_PAIR = {"AWS_ACCESS_KEY_ID": " ID ", "AWS_SECRET_ACCESS_KEY": "SECRET"}
SESSION = {"AWS_SESSION_TOKEN": "SESSION"}
BEARER = {"AWS_BEARER_TOKEN_BEDROCK": "bearer\n"}


@pytest.mark.parametrize(
    ("environment", "secret"),
    [
        (KEY_PAIR, "ID:SECRET"),
        (KEY_PAIR | SESSION, "ID:SECRET:SESSION"),
        (KEY_PAIR | {"AWS_SESSION_TOKEN": " "}, "ID:SECRET"),
        (BEARER, "bearer"),
        (BEARER | KEY_PAIR, "bearer"),
        (KEY_PAIR | {"AWS_BEARER_TOKEN_BEDROCK": " "}, "ID:SECRET"),
    ],
    ids=["a pair", "with a session", "an empty session", "a bearer", "a bearer before all", "an empty bearer"],
)
def test_amazons_own_variables_give_a_static_key(environment: dict[str, str], secret: str) -> None:
    assert aws_environment(environment) == Secret(secret)


@pytest.mark.parametrize(
    "environment",
    [{}, SESSION, {"AWS_ACCESS_KEY_ID": "ID"}, {"AWS_SECRET_ACCESS_KEY": "S"}, KEY_PAIR | {"AWS_ACCESS_KEY_ID": " "}],
    ids=["nothing", "only a session", "only an id", "only a secret", "an empty id"],
)
def test_half_a_key_is_none(environment: dict[str, str]) -> None:
    assert aws_environment(environment) is None

import pytest

from mainstay.lab.provider.request import ProviderRequest


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ((("x-api-key", "k1"),), "k1"),
        ((("authorization", "Bearer k2"),), "k2"),
        ((("authorization", "bearer k2 "),), "k2"),
        ((("authorization", "Basic k3"),), ""),
        ((), ""),
    ],
)
def test_the_key_comes_from_either_header(headers: tuple[tuple[str, str], ...], key: str) -> None:
    assert ProviderRequest("POST", "/", headers=headers).key == key


def test_of_two_fields_with_the_same_name_the_first_counts() -> None:
    assert ProviderRequest("GET", "/", headers=(("a", "1"), ("a", "2"))).header("a") == "1"
    assert not ProviderRequest("GET", "/").header("a")

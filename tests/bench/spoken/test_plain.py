import pytest
from msgspec import json

from bench.spoken.plain import PLAIN


@pytest.mark.parametrize("dialect", PLAIN)
def test_a_request_names_its_model_and_is_about_as_large_as_asked(dialect: str) -> None:
    body = PLAIN[dialect].body("some-model", 20_000)
    assert json.decode(body)["model"] == "some-model"
    assert 20_000 <= len(body) <= 20_600


@pytest.mark.parametrize("dialect", PLAIN)
def test_an_answer_is_json_that_can_stand_in_a_file_of_nginx(dialect: str) -> None:
    answer = PLAIN[dialect].answer()
    assert "usage" in json.decode(answer)
    assert not set("'$") & set(answer)

"""A real server's refusals: whose fault they are, and that the caller is told."""

import pytest

from tests.e2e.raw import Body, post
from tests.selfhosted.stage import BLIND, FLAGS, MESSAGES, Stage
from tests.selfhosted.talk import ANTHROPIC, CHAT, PATHS, question

TOO_LONG = "x " * 9_000
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def picture(model: str) -> Body:
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}
    return question(CHAT, model, 3) | {"messages": [{"role": "user", "content": [image]}]}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("dialect", "model"), [(CHAT, FLAGS), (ANTHROPIC, MESSAGES), (ANTHROPIC, FLAGS)])
def test_a_prompt_beyond_the_window_is_the_callers_to_shorten(
    dialect: str, model: str, *, stream: bool, running: Stage
) -> None:
    heard = post(running.url, PATHS[dialect], question(dialect, model, 3, stream=stream, prompt=TOO_LONG))
    assert heard.status == 400
    assert "exceeds the available context size" in heard.text
    assert (
        post(running.url, PATHS[dialect], question(dialect, model, 3)).header("x-mainstay-upstream") == f"{model}-first"
    )


def test_several_choices_are_refused_in_the_servers_words(running: Stage) -> None:
    asked = question(CHAT, FLAGS, 3) | {"n": 2}
    heard = post(running.url, PATHS[CHAT], asked)
    assert (heard.status, heard.body) == (400, post(running.first.url, PATHS[CHAT], asked).body)


def test_a_picture_for_a_blind_model_is_refused_before_the_server_is_asked(running: Stage) -> None:
    heard = post(running.url, PATHS[CHAT], picture(BLIND))
    assert heard.status == 503
    assert heard.header("x-mainstay-attempts") == "0"
    assert "blind-first: no images" in heard.text


def test_a_picture_for_a_model_that_nobody_has_declared_blind_harms_nobody_else(running: Stage) -> None:
    """The server calls it a fault of its own (500), so it is tried again and elsewhere, too."""
    heard = post(running.url, PATHS[CHAT], picture(FLAGS))
    assert heard.status == 500
    assert "image input is not supported" in heard.text
    assert post(running.url, PATHS[CHAT], question(CHAT, FLAGS, 3)).header("x-mainstay-upstream") == "flags-first"

"""Mistakes of playbooks as a whole."""

import pytest

from mainstay.config.check_playbooks import playbook_references
from mainstay.config.load_playbooks import load_playbooks
from mainstay.config.playbook_schema import PlaybookFile
from mainstay.config.shape import shape
from mainstay.config.yaml_text import parse
from tests.config.playbook_texts import loaded, mistake, mistakes


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ("{id: a, note: n}\n{id: a, note: n}", "steps[1].id: is the id of an earlier step"),
        ("{id: undo, note: n}", "steps[0].id: is a word of its own here"),
        ("{id: start, note: n}", "steps[0].id: is a word of its own here"),
        (
            "{id: a, note: n, on_failure: b}",
            "steps[0].on_failure: is neither stop, continue, undo nor the id of a step",
        ),
        ("{id: a, note: n, on_failure: sotp}", "did you mean stop?"),
        ("{id: a, note: n, on_failure: a}", "steps[0].on_failure: goes back to a, perhaps for ever"),
        ("{id: a, note: n}\n{id: b, note: n, on_failure: a}", "steps[1].on_failure: goes back to a, perhaps for ever"),
        ("{id: a, wait: {seconds: 1}, attempts: 2}", "steps[0].attempts: does not belong to `wait`"),
        ("{id: a, approve: {}, verify: {incident: [resolved]}}", "steps[0].verify: does not belong to `approve`"),
        ("{id: a, wait: {seconds: 1}, undo: {note: n}}", "steps[0].undo: does not belong to `wait`"),
        ("{id: a, approve: {}, timeout_seconds: 5}", "steps[0].timeout_seconds: does not belong to `approve`"),
        ("{id: a, note: n, undo: {wait: {seconds: 5}}}", "steps[0].undo: must do something"),
        ("{id: a, note: n, title: '{x}'}", "steps[0].title: has {x}"),
        ("{id: a, note: n, idempotency_key: '{x}'}", "steps[0].idempotency_key: has {x}"),
    ],
)
def test_a_mistake_is_named_with_its_place(steps: str, words: str) -> None:
    assert words in mistake(steps)


def test_a_way_back_that_is_bounded_is_good() -> None:
    assert mistakes("{id: a, note: n}\n{id: b, note: n, on_failure: a, jumps_max: 2}") == []
    assert mistakes("{id: a, note: n, on_failure: b}\n{id: b, note: n}") == []


@pytest.mark.parametrize(
    ("step", "path"),
    [
        ("{id: a, wait: {seconds: 61}}", "steps[0].wait.seconds"),
        ("{id: a, approve: {expires_seconds: 61}}", "steps[0].approve.expires_seconds"),
        ("{id: a, note: n, timeout_seconds: 61}", "steps[0].timeout_seconds"),
    ],
)
def test_no_step_lasts_longer_than_the_run_may(step: str, path: str) -> None:
    assert mistake(step, "expires_seconds: 60").startswith(f"{path}: is longer than a run may last")


def test_a_step_that_cannot_be_read_makes_no_second_mistake_of_those_that_name_it() -> None:
    steps = "{id: a, note: n, on_failure: b}\n{id: b, order: 5}\n{id: c, end_orders: {steps: [b]}}"
    assert [one.partition(":")[0] for one in mistakes(steps)] == ["steps[1].order"]
    steps = "{note: n}\n{id: a, note: n, on_failure: b}\n{id: c, end_orders: {steps: [b]}}"
    assert [one.partition(":")[0] for one in mistakes(steps)] == ["steps[0].id"]


def test_a_step_without_an_id_is_left_out_and_others_keep_their_places() -> None:
    found = mistakes("{note: n}\n{id: a, note: '{x}', on_failure: gone}")
    assert [one.partition(":")[0] for one in found] == ["steps[0].id", "steps[1].note"]


def test_all_mistakes_at_once() -> None:
    assert len(mistakes("{id: a}\n{id: a, note: '{x}'}\n{id: c, note: n, on_failure: d}", "mode: no")) == 5


@pytest.mark.parametrize(
    ("steps", "head", "places"),
    [
        ("{id: a, publish: {text: x}}", "triggers: [{incident: {}}]", ["steps[0].publish"]),
        ("{id: a, webhook: {url: 'https://h.example'}}", "triggers: [{incident: {}}]", ["steps[0].webhook"]),
        ("{id: a, order: {kind: read-only}}", "triggers: [{incident: {}}]", ["steps[0].order"]),
        ("{id: a, order: {kind: cache-first}}", "triggers: [{incident: {}}]", []),
        ("{id: a, approve: {}}\n{id: b, publish: {text: x}}", "triggers: [{incident: {}}]", []),
        ("{id: a, publish: {text: x}}", "", []),
        ("{id: a, publish: {text: x}}", "triggers: [{incident: {}}]\nmode: approve", []),
    ],
)
def test_what_cannot_be_taken_back_and_is_not_asked_before_is_a_warning(
    steps: str, head: str, places: list[str]
) -> None:
    found = loaded(steps, head)
    assert found.mistakes == ()
    assert [one.path.removeprefix("playbooks.p.") for one in found.warnings] == places


def test_a_word_is_for_a_playbook_that_comes_with_the_product() -> None:
    assert load_playbooks(b"playbooks: {provider-down: off}").modes == {"provider-down": "off"}
    (mistake_found,) = load_playbooks(b"playbooks: {provider-dwon: off}").mistakes
    assert "did you mean provider-down?" in mistake_found.message


def test_references_to_secrets_are_found() -> None:
    text = b"""
playbooks:
  off: automatic
  p:
    steps:
      - {id: a, webhook: {url: "env:HOOK", key: "file:key"}}
      - {id: b, note: n, undo: {webhook: {url: "https://h.example", key: "env:KEY"}}}
"""
    shaped = shape(parse(text).tree, PlaybookFile)
    assert shaped.value is not None
    assert list(playbook_references(shaped.value.playbooks, shaped)) == [
        ("playbooks.p.steps[0].webhook.url", "env:HOOK"),
        ("playbooks.p.steps[0].webhook.key", "file:key"),
        ("playbooks.p.steps[1].undo.webhook.key", "env:KEY"),
    ]

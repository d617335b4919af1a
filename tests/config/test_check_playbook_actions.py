"""Mistakes of actions."""

import pytest

from tests.config.playbook_texts import mistake, mistakes


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("{id: a}", "steps[0]: does nothing; it needs exactly one of order, end_orders"),
        ("{id: a, note: n, probe: 'model:sonnet'}", "steps[0]: has probe, note; it needs exactly one"),
        ("{id: a, wait: {}}", "steps[0].wait: needs exactly one of `seconds` and `until`"),
        (
            "{id: a, wait: {seconds: 1, until: {incident: [resolved]}}}",
            "steps[0].wait: needs exactly one of `seconds` and `until`",
        ),
        ("{id: a, probe: 'model:nobody'}", "steps[0].probe: is not the name of a model; did you mean"),
        ("{id: a, probe: 'upstream:*'}", "steps[0].probe: is not the name of an upstream"),
        (
            "{id: a, notify: {title: t, text: x, targets: [pos]}}",
            "steps[0].notify.targets[0]: is not the name of a target of `notifications`; did you mean ops?",
        ),
        (
            "{id: a, notify: {title: '{run.idd}', text: x}}",
            "steps[0].notify.title: has {run.idd}, which stands for nothing",
        ),
        ("{id: a, note: n, undo: {note: '{x}'}}", "steps[0].undo.note: has {x}, which stands for nothing"),
        ("{id: a, webhook: {url: 'https://h', body: {k: '{x}'}}}", "steps[0].webhook.body.k: has {x}"),
        ("{id: a, webhook: {url: 'http://h.example'}}", "steps[0].webhook.url: must be https"),
        ("{id: a, webhook: {url: 'ftp://h'}}", "steps[0].webhook.url: must be a URL such as"),
        ("{id: a, webhook: {url: 'https://u:p@h'}}", "steps[0].webhook.url: must be a URL such as"),
        (
            "{id: a, open_incident: {title: t, components: {nobody: operational}}}",
            "steps[0].open_incident.components.nobody: is no component",
        ),
        ("{id: a, publish: {text: '{incident.titel}'}}", "did you mean incident.title?"),
    ],
)
def test_a_mistake_is_named_with_its_place(step: str, words: str) -> None:
    if "model:nobody" in step:
        words = words.replace("; did you mean", "; known: sonnet")
    assert words in mistake(step)


@pytest.mark.parametrize(
    "step",
    [
        "{id: a, webhook: {url: 'http://127.0.0.1:8080/x'}}",
        "{id: a, webhook: {url: 'env:HOOK', key: 'env:KEY'}}",
        "{id: a, probe: '{run.component}'}",
        "{id: a, probe: 'upstream:{run.upstream}#login'}",
        "{id: a, note: 'braces { and } that hold no name'}",
    ],
)
def test_what_is_good(step: str) -> None:
    assert [one for one in mistakes(step) if "stands for nothing" not in one] == []


def test_no_message_holds_what_may_be_a_secret() -> None:
    assert "s3cret" not in mistake("{id: a, webhook: {url: 'https://u:s3cret@h.example/'}}")

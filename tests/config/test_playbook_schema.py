"""The words of the file are those of the model."""

from enum import StrEnum
from typing import get_args

import pytest

from mainstay.config import playbook_schema
from mainstay.config.playbook_schema import PlaybookFile
from mainstay.config.shape import shape
from mainstay.config.yaml_text import parse
from mainstay.model.incident import ComponentStatus, Impact, IncidentStatus
from mainstay.model.notice import Severity
from mainstay.model.orders import OrderKind
from mainstay.model.playbook import ComponentState


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (playbook_schema.ImpactWord, Impact),
        (playbook_schema.IncidentStatusWord, IncidentStatus),
        (playbook_schema.ComponentStatusWord, ComponentStatus),
        (playbook_schema.OrderWord, OrderKind),
        (playbook_schema.SeverityWord, Severity),
    ],
)
def test_every_word_is_one_of_the_model(words: object, kind: type[StrEnum]) -> None:
    assert get_args(words) == tuple(one.value for one in kind)


def test_states_are_those_of_detection() -> None:
    assert get_args(playbook_schema.StateWord) == get_args(ComponentState)


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        ("{p: {steps: [{id: a, attempts: 21}]}}", "playbooks.p.steps[0].attempts", "from 1 to 20; it is 21"),
        ("{p: {steps: [{id: a, wait: {seconds: 0}}]}}", "playbooks.p.steps[0].wait.seconds", "above 0"),
        ("{p: {steps: [{id: a b}]}}", "playbooks.p.steps[0].id", "a name of 1 to 64"),
        ("{p: {stpes: []}}", "playbooks.p.stpes", "did you mean steps?"),
        ("{p: {steps: [{id: a, order: {kind: drian}}]}}", "playbooks.p.steps[0].order.kind", "did you mean drain?"),
    ],
)
def test_what_is_malformed_is_said_with_its_place(text: str, path: str, words: str) -> None:
    mistakes = shape(parse(f"playbooks: {text}".encode()).tree, PlaybookFile).mistakes
    assert words in {one.path: one.message for one in mistakes}[path]

"""What playbooks may name: upstreams, models, components, targets; and what stands for something in their texts."""

import re
from collections.abc import Collection, Iterator
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from mainstay.config.mistake import Mistake, child_path, nearest_hint
from mainstay.config.schema import File
from mainstay.model.components import component_of
from mainstay.model.playbook import TEMPLATE_NAMES, TEMPLATE_PATTERN

_TEMPLATE: Final = re.compile(TEMPLATE_PATTERN)
_WHOLE_NAME: Final = "{run.component}"
"""Stands for a component's whole name; the others stand for parts of one."""


class Names(msgspec.Struct, frozen=True):
    """What there is to be named. `credentials` and `upstream_models` by upstream; an upstream that serves whatever is
    asked (`*`) has `*` among its models. `is_known` is false where no configuration tells: then any name will do."""

    upstreams: frozenset[str] = frozenset()
    models: frozenset[str] = frozenset()
    workloads: frozenset[str] = frozenset()
    targets: frozenset[str] = frozenset()
    credentials: dict[str, frozenset[str]] = {}
    upstream_models: dict[str, frozenset[str]] = {}
    is_known: bool = True


ANY_NAME: Final = Names(is_known=False)


def names_of(file: File, upstream_names: Collection[str]) -> Names:
    """What a configuration names. `upstream_names` are those that it meant to define."""
    served: dict[str, set[str]] = {}
    for name, model in file.models.items():
        for one in model.candidates:
            served.setdefault(one.upstream, set()).add(name if one.model is UNSET else one.model)
    return Names(
        upstreams=frozenset(upstream_names),
        models=frozenset(file.models),
        workloads=frozenset({*file.workloads, "default"}),
        targets=frozenset(file.notifications.targets),
        credentials={name: frozenset(one.name for one in part.credentials) for name, part in file.upstreams.items()},
        upstream_models={name: frozenset(models) for name, models in served.items()},
    )


def below(path: str, *keys: str) -> str:
    """The path of a key inside of mappings inside of the mapping at `path`."""
    for key in keys:
        path = child_path(path, key)
    return path


def is_template(text: str) -> bool:
    """Whether it has names in braces, so that it is known only when it is needed."""
    return _TEMPLATE.search(text) is not None


def name_mistakes(path: str, name: str, known: Collection[str], what: str, names: Names) -> Iterator[Mistake]:
    """Whether there is something of this name."""
    if names.is_known and name not in known:
        yield Mistake(path, f"is not the name of {what}{nearest_hint(name, known)}")


def text_mistakes(path: str, text: str | UnsetType) -> Iterator[Mistake]:
    """Names in braces that stand for nothing."""
    if text is UNSET:
        return
    for name in dict.fromkeys(_TEMPLATE.findall(text)):
        if name not in TEMPLATE_NAMES:
            shown = name if name.isprintable() else "..."
            hint = nearest_hint(name, TEMPLATE_NAMES)
            yield Mistake(path, f"has {{{shown[:100]}}}, which stands for nothing{hint}")


def component_mistakes(path: str, text: str, names: Names, *, may_be_pattern: bool = True) -> Iterator[Mistake]:
    """Whether it names a component that there is (or, as a pattern, may be)."""
    mistakes = list(text_mistakes(path, text))
    yield from mistakes
    if mistakes or (may_be_pattern and text == "*"):
        return
    component = component_of(_TEMPLATE.sub("x", text.replace(_WHOLE_NAME, "upstream:x")))
    if component is None or " " in text:
        yield Mistake(
            path, "is no component; such as upstream:NAME, upstream:NAME/MODEL, upstream:NAME#login, model:NAME"
        )
        return
    if is_template(text) or (may_be_pattern and "*" in text):
        return
    if component.upstream:
        yield from name_mistakes(path, component.upstream, names.upstreams, "an upstream", names)
        known = names.upstream_models.get(component.upstream, frozenset())
        if component.model and "*" not in known:
            yield from name_mistakes(path, component.model, known, f"a model of {component.upstream}", names)
    elif component.model and "*" not in names.models:
        yield from name_mistakes(path, component.model, names.models, "a model", names)

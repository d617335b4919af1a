"""The check for meaning of actions of playbooks."""

from collections.abc import Iterator

from msgspec import UNSET, UnsetType

from mainstay.config.check_playbook_names import Names, below, component_mistakes, name_mistakes, text_mistakes
from mainstay.config.check_playbook_orders import end_orders_mistakes, order_mistakes
from mainstay.config.mistake import Mistake, child_path, item_path
from mainstay.config.playbook_schema import ActionSection, StepSection, WebhookSection
from mainstay.config.url import url_address


def actions_in(where: str, step: StepSection) -> Iterator[tuple[str, ActionSection]]:
    """The step's action, and what takes it back."""
    yield where, step
    if step.undo is not UNSET:
        yield child_path(where, "undo"), step.undo


def action_names(part: ActionSection) -> list[str]:
    """The keys of actions that stand there."""
    return [name for name in ActionSection.__struct_fields__ if getattr(part, name) is not UNSET]


def action_mistakes(where: str, part: ActionSection, names: Names, orders: frozenset[str] | None) -> Iterator[Mistake]:
    """Mistakes of one action. `orders` are ids of steps that give orders; `None` where they are not known."""
    found = action_names(part)
    if len(found) != 1:
        known = ", ".join(ActionSection.__struct_fields__)
        has = f"has {', '.join(found)}" if found else "does nothing"
        yield Mistake(where, f"{has}; it needs exactly one of {known}")
    if part.order is not UNSET:
        yield from order_mistakes(child_path(where, "order"), part.order, names)
    if part.end_orders is not UNSET:
        yield from end_orders_mistakes(child_path(where, "end_orders"), part.end_orders, names, orders)
    if part.wait is not UNSET and (part.wait.seconds is UNSET) == (part.wait.until is UNSET):
        yield Mistake(child_path(where, "wait"), "needs exactly one of `seconds` and `until`")
    if part.webhook is not UNSET:
        yield from _webhook_mistakes(child_path(where, "webhook"), part.webhook)
    yield from _component_mistakes(where, part, names)
    yield from _target_mistakes(where, part, names)
    for path, text in _texts(where, part):
        yield from text_mistakes(path, text)


def _component_mistakes(where: str, part: ActionSection, names: Names) -> Iterator[Mistake]:
    if part.probe is not UNSET:
        yield from component_mistakes(child_path(where, "probe"), part.probe, names, may_be_pattern=False)
    for name in ("open_incident", "update_incident"):
        section = getattr(part, name)
        for component in () if section is UNSET else section.components:
            path = below(where, name, "components", component)
            yield from component_mistakes(path, component, names, may_be_pattern=False)


def _target_mistakes(where: str, part: ActionSection, names: Names) -> Iterator[Mistake]:
    if part.notify is not UNSET:
        for index, target in enumerate(part.notify.targets):
            path = item_path(below(where, "notify", "targets"), index)
            yield from name_mistakes(path, target, names.targets, "a target of `notifications`", names)


def _texts(where: str, part: ActionSection) -> Iterator[tuple[str, str | UnsetType]]:
    """Texts that may hold names in braces; components and upstreams are looked at where they are checked."""
    for key, names in (
        ("order", ("reason", "credential", "model")),
        ("approve", ("text",)),
        ("notify", ("title", "text")),
        ("publish", ("text",)),
        ("open_incident", ("title", "text")),
        ("update_incident", ("title",)),
    ):
        section = getattr(part, key)
        if section is not UNSET:
            for name in names:
                yield below(where, key, name), getattr(section, name)
    yield child_path(where, "note"), part.note
    if part.webhook is not UNSET:
        for name, text in part.webhook.body.items():
            yield below(where, "webhook", "body", name), text


def _webhook_mistakes(path: str, part: WebhookSection) -> Iterator[Mistake]:
    where = child_path(path, "url")
    if part.url.startswith(("env:", "file:")):
        return
    address = url_address(part.url)
    if address is None or not part.url.isascii() or " " in part.url or "@" in part.url:
        yield Mistake(
            where, "must be a URL such as https://example.com/hook, or a reference to one: env:NAME, file:PATH"
        )
    elif part.url.lower().startswith("http:") and not address.is_loopback:
        yield Mistake(where, "must be https: what is sent tells of incidents")

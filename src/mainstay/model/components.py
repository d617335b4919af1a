"""Components: what can be well or ill, each by a name of its own. Providers list few of theirs; here each model and
each part of a provider is one, and so is what callers see."""

from typing import Final, Literal

import msgspec

Part = Literal["inference", "login", "admin"]
"""`login` is where tokens are had (identity service, token endpoint), `admin` all that is not inference: lists of
models, usage, files."""

_PARTS: Final = ("inference", "login", "admin")
_CALLERS: Final = "model:"
_UPSTREAM: Final = "upstream:"
_GATEWAY: Final = "gateway"


class Component(msgspec.Struct, frozen=True, order=True):
    """One component.

    Without upstream and model: the gateway itself. With a model alone: that model as callers see it, whoever serves it.
    With an upstream: the provider's own, as a whole, one model of it (by the upstream's own name), or another part.
    """

    upstream: str = ""
    model: str = ""
    part: Part = "inference"

    @property
    def name(self) -> str:
        """As it stands in records, files and pages: `gateway`, `model:NAME`, `upstream:NAME`, `upstream:NAME/MODEL`,
        `upstream:NAME#login`."""
        if not self.upstream:
            return f"{_CALLERS}{self.model}" if self.model else _GATEWAY
        model = f"/{self.model}" if self.model else ""
        part = "" if self.part == "inference" else f"#{self.part}"
        return f"{_UPSTREAM}{self.upstream}{model}{part}"

    @property
    def is_provider(self) -> bool:
        """Whether it is somebody else's."""
        return bool(self.upstream)


GATEWAY: Final = Component()


def component_of(name: str) -> Component | None:
    """The component of this name; `None` where it is no such name. Names of models may hold anything but spaces, names
    of upstreams neither `/` nor `#`."""
    if name == _GATEWAY:
        return GATEWAY
    if name.startswith(_CALLERS) and len(name) > len(_CALLERS):
        return Component(model=name.removeprefix(_CALLERS))
    rest = name.removeprefix(_UPSTREAM)
    if rest == name:
        return None
    upstream, slash, model = rest.partition("/")
    part: Part = "inference"
    for one in _PARTS[1:]:
        if not slash and upstream.endswith(f"#{one}"):
            upstream, part = upstream.removesuffix(f"#{one}"), one
    if not upstream or "#" in upstream or (slash and not model):
        return None
    return Component(upstream, model, part)

"""Commands that are imported when somebody asks for them.

The gateway and each of its workers are commands as well: they neither wait for nor hold in memory what other commands
need, and a worker that is started again serves the sooner.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import ClassVar

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command


class LazyCommands(TyperGroup):
    """A group that knows of its commands where they are."""

    places: ClassVar[Mapping[str, str]] = {}
    """By the command's name `MODULE:NAME`, which is a function or a `Typer`."""

    def list_commands(self, ctx: object) -> list[str]:  # noqa: ARG002 - the names are always the same
        """All names, in order."""
        return list(self.places)

    def get_command(self, ctx: object, cmd_name: str) -> TyperCommand | TyperGroup | None:  # noqa: ARG002 - as above
        """The command, imported now."""
        # Where there is none of this name, typer looks for the nearest one among those that are known.
        for name in [cmd_name] if cmd_name in self.places else self.places:
            if name not in self.commands:
                command = get_command(_imported(self.places[name]))
                command.name = name
                self.add_command(command)
        found = self.commands.get(cmd_name)
        return found if isinstance(found, TyperCommand | TyperGroup) else None


def _imported(place: str) -> typer.Typer:
    module, _, name = place.partition(":")
    found = getattr(import_module(module), name)
    if isinstance(found, typer.Typer):
        return found
    alone = typer.Typer(add_completion=False)
    alone.command()(found)
    return alone

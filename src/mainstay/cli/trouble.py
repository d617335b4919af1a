"""`mainstay trouble`: reports trouble from the command line. The control plane need not run."""

import os
import time
from typing import Annotated

import typer

from mainstay.cli.people_evidence import user_name
from mainstay.cli.state_folder import ConfigOption, StateOption, refusal, state_folder, told
from mainstay.control.trouble.desk import Reporter, TroubleDesk
from mainstay.control.trouble.persons import Persons
from mainstay.gateway.identity import id_maker
from mainstay.model.components import Component, component_of
from mainstay.model.records import Record
from mainstay.model.settings import DetectionSettings
from mainstay.wiring.control_journal import write_records


def trouble(
    text: Annotated[list[str] | None, typer.Argument(help="What happens, in a few words.")] = None,
    component: Annotated[
        str,
        typer.Option("--component", help="What it is about: a model that callers ask for, or upstream:NAME."),
    ] = "",
    config: ConfigOption = None,
    state: StateOption = None,
) -> None:
    """Report that something does not work for you. Unusually many reports are evidence for detection."""
    folder = state_folder(config, state)
    if not folder.is_dir():
        raise refusal(f"{folder}: no such state folder; name it with --state, or the configuration with -c")
    records: list[Record] = []
    desk = TroubleDesk(Persons(folder), DetectionSettings, records.append, time.time, id_maker())
    reporter = Reporter(account=f"command-line {user_name()}", session=str(os.getuid()))
    outcome = desk.report(reporter, "command-line", component_name(component), " ".join(text or ()))
    if not outcome.is_taken:
        raise refusal(outcome.words)
    if failure := write_records(folder, records):
        raise refusal(f"it could not be written down: {failure}")
    told("reported; of several reports by you within a window one counts")


def component_name(given: str) -> str:
    """The name of the component that somebody means: the name of a model stands for the model as callers see it."""
    given = given.strip()
    return given if not given or component_of(given) is not None else Component(model=given).name

"""The doctor's report for a person: a table for each model, then in words what is not well and what it would cost."""

from collections.abc import Iterator
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mainstay.cli.audit_lines import PROOF_STYLES, shown
from mainstay.gateway.doctor.findings import CHECKS, Check, Proof
from mainstay.gateway.doctor.verdict import ModelReport, Report, Survival

COLUMNS: Final = tuple(name for name in CHECKS if name not in {"policy", "cost"})
"""What is a yes or a no; the rest is told in words alone."""
NOT_TRIED: Final = "-"
VERDICT_STYLES: Final = {True: "green", False: "bold red", None: "yellow"}


def print_report(console: Console, report: Report) -> None:
    """Print everything."""
    for model in report.models:
        console.print(Text(shown(model.model), style="bold"))
        console.print(_table(model))
        for line in (*_words(model), *(_verdict(one) for one in model.workloads)):
            console.print(line)
        console.print()
    for warning in report.warnings:
        console.print(Text.assemble(("warning: ", "yellow"), shown(warning)))


def _table(model: ModelReport) -> Table:
    table = Table("candidate", "key", *COLUMNS, box=None, pad_edge=False)
    for proof in model.proofs:
        outcomes = {one.name: one.outcome for one in proof.checks}
        marks = (outcomes.get(name, NOT_TRIED) for name in COLUMNS)
        cells = (Text(mark, style=PROOF_STYLES.get(mark, "dim")) for mark in marks)
        table.add_row(Text(_name(proof)), Text(shown(proof.credential or NOT_TRIED)), *cells)
    return table


def _words(model: ModelReport) -> Iterator[Text]:
    """Every check that has something to say beyond its outcome."""
    for proof in model.proofs:
        for one in proof.checks:
            if one.outcome != "ok" or one.name not in {"credential", "model"}:
                yield _line(proof, one)


def _line(proof: Proof, one: Check) -> Text:
    who = f"{_name(proof)} {shown(proof.credential)}".rstrip()
    style = PROOF_STYLES[one.outcome] if one.outcome != "ok" else ""
    return Text.assemble(f"  {who}  ", (one.name, style), f"  {shown(one.words)}")


def _verdict(one: Survival) -> Text:
    standbys = f": {', '.join(one.standbys)}" if one.standbys else ""
    return Text.assemble(f"  {shown(one.workload)}: ", (shown(one.words + standbys), VERDICT_STYLES[one.survives]))


def _name(proof: Proof) -> str:
    return shown(f"{proof.upstream}/{proof.model}")

"""Two operators at once, orders that policy forbids, and an operator whose control plane is dead."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Barrier

import pytest

from tests.e2e.lanes import Tree
from tests.e2e.outages import ILL, STANDBY, Site, ask, site
from tests.e2e.raw import Heard, post

ASKED: Tree = {
    "description": "Somebody is asked, then the provider is drained.",
    "steps": [
        {"id": "ask", "approve": {"role": "operator", "text": "Drain it"}},
        {"id": "move", "order": {"kind": "drain", "upstream": ILL, "for_seconds": 600}},
    ],
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder: Path = tmp_path_factory.mktemp("hands")
    workloads: Tree = {"default": {"deadline_seconds": 60}, "private": {"deadline_seconds": 60, "residency": ["eu"]}}
    with site(folder, playbooks={"respond": ASKED}, workloads=workloads) as running:
        for name in ("ann", "bob"):
            running.run(
                "people", "add", name, "--role", "operator", "-c", str(running.file), given=f"{name}-{'x' * 20}\n"
            )
        yield running.settle()


def key_of(running: Site, name: str) -> dict[str, str]:
    """What this person's program sends to be known."""
    said = running.run("people", "key", "add", name, "--role", "operator", "-c", str(running.file))
    return {"authorization": f"Bearer {said.out.strip()}"}


def test_of_two_who_approve_at_once_both_are_told_the_truth(running: Site) -> None:
    keys = {name: key_of(running, name) for name in ("ann", "bob")}
    begun = post(running.control_url, "/api/runs", {"playbook": "respond", "component": f"upstream:{ILL}"}, keys["ann"])
    assert begun.status in {200, 201}, begun.text
    running.soon(lambda: running.asks("respond"), "the run asks for approval")
    barrier = Barrier(2)

    def approve(name: str) -> Heard:
        barrier.wait()
        return post(
            running.control_url, "/api/runs/RUN-1/approve", {"step": "ask", "comment": f"by {name}"}, keys[name]
        )

    with ThreadPoolExecutor(2) as crew:
        heard = dict(zip(keys, crew.map(approve, keys), strict=True))
    first, second = sorted(heard, key=lambda name: heard[name].status)
    assert (heard[first].status, heard[second].status) == (200, 409), {name: one.text for name, one in heard.items()}
    assert f"approved already, by {first}" in heard[second].text or f"approved by {first}" in heard[second].text
    running.soon(lambda: running.outcome("respond"), "the run is over")
    run = running.run_of("respond")
    assert run is not None
    assert [[vote.by for vote in deed.votes] for deed in run.deeds if deed.step == "ask"] == [[first]]
    (order,) = running.soon(running.orders, "the order is in the ledger")
    assert (order.order.upstream, order.order.run) == (ILL, "RUN-1")
    assert len([one for one in running.orders("given") if one.order.upstream == ILL]) == 1
    running.until(lambda: ask(running.url).header("x-mainstay-upstream") == STANDBY, "the gateway obeys")
    running.command("route", "undo", order.order.id)


def test_an_order_that_residency_forbids_is_refused_with_words(running: Site) -> None:
    body: dict[str, object] = {
        "kind": "pin",
        "upstream": ILL,
        "reason": "try",
        "scope": {"models": [], "workloads": ["private"], "tenants": []},
    }
    heard = post(running.control_url, "/api/orders", body, key_of(running, "ann"))
    assert (heard.status, "residency" in heard.text, "Policy forbids it" in heard.text) == (409, True, True), heard.text
    arguments = ("route", "pin", ILL, "--workload", "private", "--reason", "try", "--yes")
    said = running.run(*arguments, "-c", str(running.file), code=1)
    assert "residency" in said.out + said.err
    assert "policy forbids it" in said.out + said.err


def test_an_operator_drains_and_takes_it_back_while_the_control_plane_is_dead(running: Site) -> None:
    served_by = partial(lambda name: ask(running.url).header("x-mainstay-upstream") == name)
    running.until(lambda: served_by(ILL), "the first choice serves")
    running.kill_control()
    said = running.command("route", "drain", ILL, "--reason", "it is slow", "--yes")
    (order,) = set(re.findall(r"ORD-[0-9A-Z]+", said.out + said.err))
    running.until(lambda: served_by(STANDBY), "the gateway obeys")
    running.command("route", "undo", order)
    running.until(lambda: served_by(ILL), "the gateway obeys no more")
    running.start_control()

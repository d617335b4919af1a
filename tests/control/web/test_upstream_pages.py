import msgspec
from starlette.types import ASGIApp

from mainstay.model.components import Component
from mainstay.model.records import ProbeRecord, ProofRecord
from tests.control.office import Office, standing
from tests.control.stand import Browser, Stand

NASTY = "<script>alert(1)</script>"


async def viewer(app: ASGIApp) -> Browser:
    browser = Browser(app)
    await browser.log_in("vera")
    return browser


def test_each_component_is_shown_with_its_evidence(peopled: Stand, office: Office) -> None:
    ill = standing(Component("alpha", "first"), "ill", peopled.wall)
    office.standing = (msgspec.structs.replace(ill, reason=NASTY), standing(Component(model="first")))

    async def scene(app: ASGIApp) -> None:
        browser = await viewer(app)
        text = (await browser.get("/upstreams")).text
        assert "upstream:alpha/first" in text
        assert "model:first" in text
        one = (await browser.get("/upstreams/alpha")).text
        for words in ("9 of 10 attempts failed", "our requests", "250 ms", "overload 9", "90.0 %"):
            assert words in one
        assert NASTY not in one
        assert "upstream:alpha/first" not in (await browser.get("/upstreams/beta")).text
        assert (await browser.get("/upstreams/none")).status_code == 404

    peopled.play(scene)


def test_probes_and_proofs_of_this_upstream_alone_are_shown(peopled: Stand, office: Office) -> None:
    office.store.ship(
        ProbeRecord("p1", 1.0, "upstream:alpha", "failed", fault="deadline", reason="suspect"),
        ProbeRecord("p2", 2.0, "upstream:beta", "served", reason="thin"),
        ProofRecord("p3", 3.0, "alpha", "first", "main", "ok", ("quota ok: 5 left",)),
    )

    async def scene(app: ASGIApp) -> None:
        browser = await viewer(app)
        body = (await browser.get("/api/upstreams/alpha")).json()
        assert [one["id"] for one in body["probes"]] == ["p1"]
        assert [one["id"] for one in body["proofs"]] == ["p3"]
        text = (await browser.get("/upstreams/alpha")).text
        assert "quota ok: 5 left" in text
        assert "deadline" in text
        assert [one["name"] for one in (await browser.get("/api/upstreams")).json()["upstreams"]] == ["alpha", "beta"]

    peopled.play(scene)

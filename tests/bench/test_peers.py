import json
from pathlib import Path

from bench.peers import LITELLM, PORTKEY, Bases, installed, litellm_configuration

BASES = Bases(
    {"anthropic": "http://127.0.0.1:1", "openai-chat": "http://127.0.0.1:1/v1"},
    {"anthropic": "http://127.0.0.1:2/pace/1/1", "openai-chat": "http://127.0.0.1:2/pace/1/1/v1"},
)


def litellm(folder: Path) -> None:
    (folder / "venv" / "bin").mkdir(parents=True)
    (folder / "venv" / "bin" / "litellm").touch()
    (folder / "venv" / "lib" / "python3.11" / "site-packages" / "litellm-1.106.2.dist-info").mkdir(parents=True)


def portkey(folder: Path) -> None:
    build = folder / "npm" / "node_modules" / "@portkey-ai" / "gateway" / "build"
    build.mkdir(parents=True)
    (build / "start-server.js").touch()
    (build.parent / "package.json").write_text(json.dumps({"version": "1.15.2"}))


def test_nothing_is_compared_with_what_is_not_installed(tmp_path: Path) -> None:
    assert installed(tmp_path) == []


def test_versions_are_those_that_are_installed(tmp_path: Path) -> None:
    litellm(tmp_path)
    (found,) = installed(tmp_path)
    assert (found.name, found.version) == (LITELLM, "1.106.2")


def test_litellm_serves_the_models_of_the_gateway_from_the_same_upstreams() -> None:
    deployments = litellm_configuration(BASES)["model_list"]
    assert isinstance(deployments, list)
    places = {one["model_name"]: one["litellm_params"]["api_base"] for one in deployments}
    assert places["bench-plain"] == BASES.plain["anthropic"]
    assert places["bench-at-openai-chat"] == BASES.streams["openai-chat"]


def test_portkey_is_told_where_to_go_with_each_request(tmp_path: Path) -> None:
    portkey(tmp_path)
    found = [peer for peer in installed(tmp_path) if peer.name == PORTKEY]
    # Only where there is Node.js at all.
    for peer in found:
        assert peer.headers("anthropic", "http://127.0.0.1:1") == (
            ("x-portkey-provider", "anthropic"),
            ("x-portkey-custom-host", "http://127.0.0.1:1/v1"),
        )

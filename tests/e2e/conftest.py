"""The gateway as a running process, with fake providers behind it. One of each for all tests that do not break them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from mainstay.lab.provider.request import ModelKind, Personality
from mainstay.lab.provider.thread import FakeProviderThread
from tests.e2e.crossings import Crossing
from tests.e2e.crossings import crossing as crossing_of
from tests.e2e.lanes import CONTINUING, KEYS, LaneKind, LanePool, configuration, small_configuration
from tests.e2e.process import GatewayProcess, free_port
from tests.e2e.world import World

Configuration = Callable[[int, Path, Mapping[str, str]], bytes]


@pytest.fixture(scope="session")
def providers() -> Iterator[dict[str, FakeProviderThread]]:
    """`primary` and `standby`, and standbys named after how they continue an answer."""
    with ExitStack() as stack:
        kinds = {"primary": ModelKind.ANCHORED, "standby": ModelKind.ANCHORED}
        kinds |= {kind.value: ModelKind(kind.value) for kind in CONTINUING}
        yield {name: stack.enter_context(_provider(name, kind)) for name, kind in kinds.items()}


def _provider(name: str, kind: ModelKind) -> FakeProviderThread:
    """Every standby answers to the name `standby`, in `x-lab-faults` and in the answers' bytes."""
    return FakeProviderThread("primary" if name == "primary" else "standby", personality=Personality(model_kind=kind))


@pytest.fixture(scope="session")
def lanes() -> LanePool:
    """Shared by all gateways, for the providers are."""
    return LanePool()


@pytest.fixture(scope="session")
def world(
    providers: dict[str, FakeProviderThread], lanes: LanePool, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """The gateway that most tests speak to. Its end is a test, too: it must be clean."""
    file = write_configuration(tmp_path_factory.mktemp("gateway"), providers, configuration)
    with GatewayProcess(file, port_of(file), KEYS) as gateway:
        with World(gateway, providers, lanes) as world:
            yield world
        assert gateway.stop() == 0, gateway.output
        assert "defect" not in gateway.output, gateway.output


@pytest.fixture
def own_gateway(providers: dict[str, FakeProviderThread], lanes: LanePool, tmp_path: Path) -> Iterator[World]:
    """A gateway for one test that mistreats it."""
    file = write_configuration(tmp_path, providers)
    with (
        GatewayProcess(file, port_of(file), KEYS) as gateway,
        World(gateway, providers, lanes, LaneKind.PRIVATE) as world,
    ):
        yield world


def write_configuration(
    directory: Path, providers: dict[str, FakeProviderThread], written: Configuration = small_configuration
) -> Path:
    """A file in this folder for a gateway on a free port, with its state beside it."""
    port = free_port()
    file = directory / f"gateway-{port}.yaml"
    file.write_bytes(written(port, directory / "state", {name: one.url for name, one in providers.items()}))
    return file


def port_of(file: Path) -> int:
    """The port in the name of the file."""
    return int(file.stem.removeprefix("gateway-"))


@pytest.fixture(scope="session")
def crossing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crossing]:
    """The gateway whose models are served in many dialects. Its end must be clean, too."""
    with crossing_of(tmp_path_factory.mktemp("crossing")) as running:
        yield running
        assert running.stand.gateway.stop() == 0, running.stand.gateway.output

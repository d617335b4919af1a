from pathlib import Path

from mainstay.control.orders.port import OrderShelf
from mainstay.gateway.orders.folder import OrderFolder
from mainstay.model.orders import OrderKind
from tests.engine.routing.given import order


def test_the_gateways_folder_is_such_a_shelf(tmp_path: Path) -> None:
    shelf: OrderShelf = OrderFolder(tmp_path)
    drain = order(OrderKind.DRAIN, "alpha")
    with shelf.lock():
        assert shelf.keep(drain) == drain
    assert shelf.all() == ({drain.id: drain}, [])

"""Which exchange gave which OpenAI response: one small file per response, read once at the start.

The name of the file is a hash of the response's id, so that no id can choose a path; its content is the exchange's id,
which the file of the draft shows by its name as well. A power failure may lose a link, never a draft.
"""

from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path
from typing import Final

from mainstay.gateway.drafts.disk import Disk

LINKS_FOLDER: Final = "responses"
HASH_BYTES: Final = 16
EXCHANGE_ID_BYTES_MAX: Final = 128


class Links:
    """Used by one thread."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        """`folder` holds the links and nothing else."""
        self._folder = folder
        self._disk = disk
        self._exchanges: dict[str, str] = {}

    def read(self) -> None:
        """Learn what is on disk. Raises `OSError`."""
        self._disk.make_folder(self._folder)
        for found in self._disk.files(self._folder, "*", EXCHANGE_ID_BYTES_MAX):
            self._exchanges[found.path.name] = found.beginning.decode("latin-1")

    def pairs(self) -> Iterable[tuple[str, str]]:
        """Each link's name and the exchange that it leads to."""
        return list(self._exchanges.items())

    def add(self, response_id: str, exchange_id: str) -> str:
        """Link them; give the link's name. Raises `OSError`."""
        name = link_name(response_id)
        if self._exchanges.get(name) != exchange_id:
            self._disk.remove(self._folder / name)
            self._disk.create(self._folder / name, exchange_id.encode())
            self._exchanges[name] = exchange_id
        return name

    def find(self, response_id: str) -> str | None:
        """The exchange that gave a response."""
        return self._exchanges.get(link_name(response_id))

    def remove(self, names: Iterable[str]) -> None:
        """Remove links. Raises `OSError`."""
        for name in names:
            self._exchanges.pop(name, None)
            self._disk.remove(self._folder / name)


def link_name(response_id: str) -> str:
    """What the link of a response is called: no path, whatever the id is."""
    return blake2b(response_id.encode("utf-8", "surrogatepass"), digest_size=HASH_BYTES).hexdigest()

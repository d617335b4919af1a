"""Secrets that are unmistakable, and the search for them in whatever they might have got into."""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote


class Canaries:
    """Secrets by name. A short one is looked for as it is and in the usual spellings."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._forms = {name: frozenset(_forms(secret)) for name, secret in secrets.items()}

    def found_in(self, where: str, data: bytes) -> list[str]:
        """Which of them stand in these bytes, and where: `NAME in WHERE at OFFSET`."""
        return [
            f"{name} in {where} at {offset}: {data[max(0, offset - 60) : offset + 20]!r}"
            for name, forms in self._forms.items()
            for form in forms
            if (offset := data.find(form)) >= 0
        ]

    def found_below(self, folder: Path) -> list[str]:
        """Which of them stand in any file below this folder, or in the name of one."""
        found = []
        for path in sorted(folder.rglob("*")):
            found += self.found_in(f"the name of {path.name}", str(path.relative_to(folder)).encode())
            if path.is_file() and not path.is_symlink():
                found += self.found_in(str(path), path.read_bytes())
        return found


def _forms(secret: str) -> Iterator[bytes]:
    data = secret.encode()
    yield data
    yield quote(secret, safe="").encode()
    yield data.hex().encode()
    for encoded in (b64encode(data), urlsafe_b64encode(data)):
        # The last characters depend on what follows.
        yield encoded.rstrip(b"=")[:-2]

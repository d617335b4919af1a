"""What the disk refuses, told once."""

from collections.abc import Callable

Report = Callable[[str], None]
"""Takes one line for the operator."""


class DiskTrouble:
    """Reports each change for the worse or the better. A success of any kind of writing ends the trouble."""

    def __init__(self, report: Report) -> None:
        """All is well."""
        self.text: str | None = None
        """Why the last writing failed, in words for an operator; `None` while all is well."""
        self._report = report

    def suffer(self, error: OSError) -> None:
        """The disk refused."""
        text = str(error)
        if text != self.text:
            self._report(f"drafts: cannot be kept: {text}. Requests are served, and cannot be resumed")
        self.text = text

    def be_well(self) -> None:
        """The disk took something."""
        if self.text is not None:
            self.text = None
            self._report("drafts: are kept again")

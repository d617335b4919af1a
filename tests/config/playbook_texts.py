"""Files of playbooks for tests."""

from mainstay.config.check_playbook_names import Names
from mainstay.config.load_playbooks import LoadedPlaybooks, load_playbooks

NAMES = Names(
    upstreams=frozenset({"anthropic", "spare"}),
    models=frozenset({"sonnet"}),
    workloads=frozenset({"default"}),
    targets=frozenset({"ops"}),
    credentials={"anthropic": frozenset({"main"})},
    upstream_models={"anthropic": frozenset({"claude"}), "spare": frozenset({"*"})},
)


def loaded(steps: str, head: str = "", names: Names = NAMES) -> LoadedPlaybooks:
    """A playbook with these steps (YAML in one line each)."""
    lines = "".join(f"      - {step}\n" for step in steps.strip().splitlines())
    above = "".join(f"    {line}\n" for line in head.strip().splitlines())
    return load_playbooks(f"playbooks:\n  p:\n{above}    steps:\n{lines}".encode(), names)


def mistakes(steps: str, head: str = "") -> list[str]:
    """Its mistakes, path and message, without the playbook's own path."""
    return [f"{one.path.removeprefix('playbooks.p.')}: {one.message}" for one in loaded(steps, head).mistakes]


def mistake(steps: str, head: str = "") -> str:
    """Its only mistake."""
    (found,) = mistakes(steps, head)
    return found

import io

from rich.console import Console

from mainstay.cli.doctor_lines import print_report
from mainstay.gateway.doctor.findings import Check, Proof
from mainstay.gateway.doctor.verdict import ModelReport, Report, Survival

WELL = Proof(
    "alpha",
    "claude",
    "main",
    "anthropic",
    "ok",
    (
        Check("policy", "ok", "default"),
        Check("credential", "ok", "main is accepted"),
        Check("model", "ok", "claude is there"),
        Check("answers", "ok", "plain, in 0.25 s"),
    ),
)
ILL = Proof("beta", "gpt", "", "openai-chat", "failed", (Check("credential", "failed", "refused \x1b[2J"),))
SURVIVES = Survival("default", "alpha/claude", survives=True, standbys=("beta/gpt", "gamma/x"), words="survives")


def printed(*models: ModelReport, warnings: tuple[str, ...] = ()) -> list[str]:
    file = io.StringIO()
    print_report(Console(file=file, width=200, soft_wrap=True), Report(1.0, True, models, warnings))  # noqa: FBT003
    return [line.rstrip() for line in file.getvalue().splitlines()]


def test_each_model_has_a_table_then_words_then_its_verdict() -> None:
    assert printed(ModelReport("claude", (WELL, ILL), (SURVIVES,))) == [
        "claude",
        "candidate     key   credential  model  answers  translation  quota",
        "alpha/claude  main  ok          ok     ok       -            -",
        "beta/gpt      -     failed      -      -        -            -",
        "  alpha/claude main  policy  default",
        "  alpha/claude main  answers  plain, in 0.25 s",
        "  beta/gpt  credential  refused \N{REPLACEMENT CHARACTER}[2J",
        "  default: survives: beta/gpt, gamma/x",
        "",
    ]


def test_warnings_come_last_and_are_safe_for_a_terminal() -> None:
    assert printed(warnings=("has no standby\x1b[2J",)) == ["warning: has no standby\N{REPLACEMENT CHARACTER}[2J"]


def test_names_are_no_markup() -> None:
    odd = ModelReport("[bold]m[/bold]", (), ())
    assert printed(odd)[0] == "[bold]m[/bold]"

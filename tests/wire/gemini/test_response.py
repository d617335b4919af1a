import pytest

from mainstay.model.frame import Usage
from mainstay.wire.gemini.response import CHUNK, UsageMetadata, unknown_kind, usage
from tests.wire.gemini.golden import golden


def test_thoughts_are_part_of_the_output_and_the_cache_part_of_the_input() -> None:
    counts = CHUNK.decode(golden("tools.json")).usage_metadata
    assert counts is not None
    assert usage(counts) == Usage(input_tokens=120, output_tokens=42, cached_tokens=64, reasoning_tokens=33)
    assert usage(UsageMetadata()) == Usage()


@pytest.mark.parametrize(
    ("part", "kind"),
    [('{"inlineData":{}}', "inlineData"), ('{"partMetadata":{}}', ""), ('{"text":"a"}', ""), ("{}", "")],
)
def test_the_kind_of_a_part(part: str, kind: str) -> None:
    assert unknown_kind(f'{{"candidates":[{{"content":{{"parts":[{part}]}}}}]}}'.encode()) == kind


def test_nothing_has_no_kind() -> None:
    assert unknown_kind(b'{"candidates":[{}]}') == unknown_kind(b"{}") == ""

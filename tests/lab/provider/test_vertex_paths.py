import pytest

from mainstay.lab.provider.vertex_paths import Target, claude_target, gemini_target

PROJECT = "/v1/projects/p/locations/l/publishers"


@pytest.mark.parametrize(
    "root", ["/v1beta", "/v1", f"{PROJECT}/google", "/v1beta1/projects/p/locations/l/publishers/google"]
)
def test_gemini(root: str) -> None:
    assert gemini_target(f"{root}/models/g-1.5:generateContent") == Target("g-1.5", "generateContent")
    assert gemini_target(f"{root}/models/g:streamGenerateContent") == Target("g", "streamGenerateContent")
    assert gemini_target(f"{root}/models/g:embedContent") is None
    assert gemini_target(f"{root}/models/g/h:generateContent") is None


def test_claude() -> None:
    path = f"{PROJECT}/anthropic/models/claude@1"
    assert claude_target(f"{path}:rawPredict") == Target("claude@1", "rawPredict")
    assert claude_target(f"{path}:streamRawPredict") == Target("claude@1", "streamRawPredict")
    assert claude_target(f"{path}:generateContent") is gemini_target(f"{path}:generateContent") is None

from tests.config.conftest import LoadText


def warnings(load_yaml: LoadText, text: str) -> dict[str, str]:
    loaded = load_yaml(text)
    assert loaded.mistakes == ()
    return {warning.path: warning.message for warning in loaded.warnings}


def test_a_good_file_has_no_warnings(load_yaml: LoadText, good: str) -> None:
    assert warnings(load_yaml, good) == {}


def test_a_workload_that_nobody_may_serve_is_named_with_its_models(load_yaml: LoadText, good: str) -> None:
    text = good + "\nworkloads: {regulated: {residency: [eu]}}"
    assert warnings(load_yaml, text) == {"workloads.regulated": "leaves no candidate for claude"}


def test_a_long_list_of_models_is_cut(load_yaml: LoadText, good: str) -> None:
    more = "".join(f"  m{number}: {{candidates: [{{upstream: anthropic}}]}}\n" for number in range(6))
    found = warnings(load_yaml, f"{good}{more}workloads: {{w: {{private_only: true}}}}")
    assert found["workloads.w"] == "leaves no candidate for claude, m0, m1, m2, m3 and 2 more"


def test_what_this_version_acts_on_needs_no_warning(load_yaml: LoadText, good: str) -> None:
    text = good.replace("    region: us", "    limits: {concurrency: 4}") + "\ninclude: [a*.yaml]"
    text += "\nworkloads: {w: {cache: {ttl_seconds: 9}, priority: batch, queue_seconds: 1, strict: true}}"
    assert warnings(load_yaml, text) == {}


def test_a_share_of_limits_that_nobody_wrote_is_named(load_yaml: LoadText, good: str) -> None:
    kept = "\nworkloads: {w: {priority: critical}}"
    text = good.replace("    region: us", "    limits: {reserved: {w: 20}}") + kept
    assert "keeps nothing" in warnings(load_yaml, text)["upstreams.anthropic.limits.reserved"]
    assert warnings(load_yaml, text.replace("{reserved", "{concurrency: 8, reserved")) == {}


def test_a_cache_without_a_store_is_named(load_yaml: LoadText, good: str) -> None:
    text = good + "\ncache: off\nworkloads: {w: {cache: {ttl_seconds: 9}}}"
    assert "keeps nothing" in warnings(load_yaml, text)["workloads.w.cache"]


def test_an_upstream_that_no_model_uses_is_named(load_yaml: LoadText, good: str) -> None:
    text = good.replace("      - {upstream: openai, model: gpt, substitute: true}\n", "")
    assert warnings(load_yaml, text) == {"upstreams.openai": "is not a candidate of any model"}


def test_a_credential_that_travels_unencrypted_is_named(load_yaml: LoadText, good: str) -> None:
    text = good.replace("https://api.anthropic.com", "http://api.example.com")
    assert "unencrypted" in warnings(load_yaml, text)["upstreams.anthropic.base_url"]
    assert warnings(load_yaml, text.replace("    region: us", "    private: true")) == {}
    assert warnings(load_yaml, good.replace("https://api.anthropic.com", "http://127.0.0.1:9001")) == {}


def test_a_base_url_without_the_usual_path_is_named(load_yaml: LoadText, good: str) -> None:
    found = warnings(load_yaml, good.replace("api.openai.com/v1", "api.openai.com"))
    assert "/v1" in found["upstreams.openai.base_url"]


def test_a_platforms_base_url_needs_no_path(load_yaml: LoadText, good: str) -> None:
    azure = "base_url: https://a.openai.azure.com\n    platform: azure"
    assert warnings(load_yaml, good.replace("base_url: https://api.openai.com/v1", azure)) == {}

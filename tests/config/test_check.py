"""Each test changes one thing in a good file and reads the one mistake that follows."""

from pathlib import Path

import pytest

from mainstay.config.load import load_text
from tests.config.conftest import LoadText


def the_mistake(load_yaml: LoadText, text: str) -> tuple[str, str]:
    loaded = load_yaml(text)
    assert loaded.snapshot is None
    assert len(loaded.mistakes) == 1, loaded.mistakes
    return loaded.mistakes[0].path, loaded.mistakes[0].message


def test_the_good_file_is_good(load_yaml: LoadText, good: str) -> None:
    assert load_yaml(good).mistakes == ()


@pytest.mark.parametrize("host", ["0.0.0.0", "10.1.2.3", "'[::]", "gateway.example.com"])  # noqa: S104 - read, not bound
def test_beyond_this_machine_callers_need_tokens(load_yaml: LoadText, good: str, host: str) -> None:
    listen = f"{host}:8486'" if host.startswith("'") else f"{host}:8486"
    text = f"{good}\ngateway: {{listen: {listen}}}"
    snapshot = load_yaml(text).snapshot
    assert snapshot is not None
    assert snapshot.must_authenticate
    path, message = the_mistake(load_yaml, f"{text}\nauth: {{callers: open}}")
    assert path == "auth.callers"
    assert "loopback" in message


def test_on_loopback_the_file_decides_whether_callers_need_tokens(load_yaml: LoadText, good: str) -> None:
    for text, expected in (("", False), ("\nauth: {callers: tokens}", True), ("\nauth: {callers: open}", False)):
        snapshot = load_yaml(good + text).snapshot
        assert snapshot is not None
        assert snapshot.must_authenticate is expected


ISSUER = "issuer: https://login.example.com, audience: mainstay"


@pytest.mark.parametrize(
    ("issuer", "path", "words"),
    [
        (ISSUER, "auth.issuers[0]", "tenant_claim"),
        (f"{ISSUER}, tenant: a, tenant_claim: b", "auth.issuers[0]", "tenant_claim"),
        (f"{ISSUER}, tenant: a, workload: default, workload_claim: b", "auth.issuers[0]", "workload_claim"),
        (f"{ISSUER}, tenant: a, workload: nowhere", "auth.issuers[0].workload", "not the name of a workload"),
        ("issuer: http://login.example.com, audience: a, tenant: a", "auth.issuers[0].issuer", "https"),
        (f"{ISSUER}, tenant: a, keys_url: 'http://keys.example.com'", "auth.issuers[0].keys_url", "https"),
        ("issuer: login, audience: a, tenant: a", "auth.issuers[0].issuer", "http"),
    ],
)
def test_an_issuer_says_whose_work_it_is_and_is_safe_to_ask(
    load_yaml: LoadText, good: str, issuer: str, path: str, words: str
) -> None:
    found, message = the_mistake(load_yaml, f"{good}\nauth: {{issuers: [{{{issuer}}}]}}")
    assert found == path
    assert words in message


def test_an_issuer_on_loopback_may_be_without_tls(load_yaml: LoadText, good: str) -> None:
    text = f"{good}\nauth: {{issuers: [{{issuer: 'http://127.0.0.1:9000', audience: a, tenant: a}}]}}"
    assert load_yaml(text).mistakes == ()


def test_the_address_and_the_login_of_the_control_plane_are_checked(load_yaml: LoadText, good: str) -> None:
    login = "issuer: 'http://login.example.com', client_id: a, client_secret: env:KEY"
    path, _ = the_mistake(load_yaml, f"{good}\ncontrol: {{login: {{{login}}}}}")
    assert path == "control.login.issuer"
    path, _ = the_mistake(load_yaml, f"{good}\ncontrol: {{url: nowhere}}")
    assert path == "control.url"


def test_every_secret_of_the_file_is_followed(load_yaml: LoadText, good: str) -> None:
    login = "issuer: 'https://login.example.com', client_id: a, client_secret: env:NOT_SET"
    for text, path in (
        (f"control: {{login: {{{login}}}}}", "control.login.client_secret"),
        ("drafts: {key: env:NOT_SET}", "drafts.key"),
        ("store: env:NOT_SET", "store"),
        ("shared: env:NOT_SET", "shared"),
    ):
        assert the_mistake(load_yaml, f"{good}\n{text}")[0] == path


def test_a_listen_address_has_host_and_port(load_yaml: LoadText, good: str) -> None:
    path, message = the_mistake(load_yaml, good + "\ngateway: {listen: '8484'}")
    assert (path, "host:port" in message) == ("gateway.listen", True)


def test_two_planes_need_two_addresses(load_yaml: LoadText, good: str) -> None:
    path, _ = the_mistake(load_yaml, good + "\ncontrol: {listen: '127.0.0.1:8484'}")
    assert path == "control.listen"


def test_two_free_ports_are_two_addresses(load_yaml: LoadText, good: str) -> None:
    listen = "{listen: '127.0.0.1:0'}"
    assert load_yaml(f"{good}\ngateway: {listen}\ncontrol: {listen}").mistakes == ()


def test_an_unknown_dialect_names_the_nearest(load_yaml: LoadText, good: str) -> None:
    mistake = the_mistake(load_yaml, good.replace("dialect: anthropic", "dialect: antropic"))
    assert mistake == ("upstreams.anthropic.dialect", "is not a known dialect; did you mean anthropic?")


def test_a_base_url_is_required(load_yaml: LoadText, good: str) -> None:
    path, message = the_mistake(load_yaml, good.replace("    base_url: https://api.anthropic.com\n", ""))
    assert (path, message.startswith("is missing")) == ("upstreams.anthropic.base_url", True)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://host", "http or https"),
        ("https://api.anthropic.com/v1", "must not end with /v1"),
        ("https://api.anthropic.com/v1/", "must not end with /v1"),
        ("http://127.0.0.1:8484", "this gateway itself"),
    ],
)
def test_a_base_url_that_cannot_work_is_a_mistake(load_yaml: LoadText, good: str, url: str, words: str) -> None:
    path, message = the_mistake(load_yaml, good.replace("https://api.anthropic.com", url))
    assert path == "upstreams.anthropic.base_url"
    assert words in message


# -- platforms

AWS = "{dialect: bedrock, region: eu-west-1}"
CLAUDE_ON_AWS = "{dialect: anthropic, platform: bedrock, region: eu-west-1}"
VERTEX = "{dialect: anthropic, platform: vertex, region: global, project: p}"
AZURE = "{dialect: openai-chat, platform: azure, base_url: 'https://a.openai.azure.com', api_version: 2025-04-01}"
GEMINI = "{dialect: gemini}"


def with_upstream(good: str, upstream: str) -> str:
    return good.replace("models:", f"  other: {upstream}\nmodels:") + "      - {upstream: other}\n"


@pytest.mark.parametrize("upstream", [AWS, CLAUDE_ON_AWS, VERTEX, AZURE, GEMINI])
def test_every_platform_has_a_shortest_form(load_yaml: LoadText, good: str, upstream: str) -> None:
    assert load_yaml(with_upstream(good, upstream)).mistakes == ()


@pytest.mark.parametrize(
    ("upstream", "key", "words"),
    [
        (VERTEX.replace("anthropic", "openai-chat"), "platform", "it serves anthropic, gemini"),
        (AZURE.replace("openai-chat", "anthropic"), "platform", "it serves openai-chat, openai-responses"),
        (CLAUDE_ON_AWS.replace("anthropic", "gemini"), "platform", "it serves bedrock, anthropic"),
        ("{dialect: bedrock}", "region", "signed for a region"),
        (CLAUDE_ON_AWS.replace(", region: eu-west-1", ""), "region", "signed for a region"),
        (VERTEX.replace(", region: global", ""), "base_url", "region or project"),
        (VERTEX.replace(", project: p", ""), "base_url", "region or project"),
        ("{dialect: openai-chat, platform: azure}", "base_url", "the URL of the place"),
        (VERTEX.replace("project", "api_version: '1', project"), "api_version", "azure only"),
        (AZURE.replace("base_url", "project: p, base_url"), "project", "vertex only"),
    ],
)
def test_what_a_platform_lacks_or_does_not_know_is_a_mistake(
    load_yaml: LoadText, good: str, upstream: str, key: str, words: str
) -> None:
    path, message = the_mistake(load_yaml, with_upstream(good, upstream))
    assert path == f"upstreams.other.{key}"
    assert words in message


def test_a_platform_that_does_not_exist_is_a_mistake(load_yaml: LoadText, good: str) -> None:
    path, message = the_mistake(load_yaml, with_upstream(good, "{dialect: gemini, platform: gcp}"))
    assert path == "upstreams.other.platform"
    assert "vertex" in message


@pytest.mark.parametrize("ending", ["/v1", "/v1/"])
def test_a_platforms_own_url_may_end_as_it_likes(load_yaml: LoadText, good: str, ending: str) -> None:
    text = VERTEX.replace("region: global, project: p", f"base_url: 'https://proxy.example{ending}'")
    assert load_yaml(with_upstream(good, text)).mistakes == ()


def test_amazons_own_variables_are_a_credential_that_needs_no_line(good: str, tmp_path: Path) -> None:
    environment = {"KEY": "k", "AWS_ACCESS_KEY_ID": "ID", "AWS_SECRET_ACCESS_KEY": "hunter2"}
    snapshot = load_text(with_upstream(good, AWS).encode(), tmp_path, environment).snapshot
    assert snapshot is not None
    (credential,) = snapshot.upstreams[-1].credentials
    assert (credential.name, credential.key, credential.renewed) == ("environment", "ID:hunter2", False)
    assert "hunter2" not in repr(snapshot)


# -- drafts


@pytest.mark.parametrize(
    ("drafts", "path"),
    [("'on'", "drafts"), ("{keep_seconds: 1}", "drafts.keep_seconds"), ("{megabytes_max: 0}", "drafts.megabytes_max")],
)
def test_drafts_are_off_or_bounded(load_yaml: LoadText, good: str, drafts: str, path: str) -> None:
    assert the_mistake(load_yaml, f"{good}\ndrafts: {drafts}")[0] == path


def test_drafts_can_be_switched_off(load_yaml: LoadText, good: str) -> None:
    for off in ("'off'", "off"):
        snapshot = load_yaml(f"{good}\ndrafts: {off}").snapshot
        assert snapshot is not None
        assert snapshot.drafts is None


def test_a_status_feed_is_a_url(load_yaml: LoadText, good: str) -> None:
    path, _ = the_mistake(load_yaml, good.replace("    region: us", "    status_feed: nonsense"))
    assert path == "upstreams.anthropic.status_feed"


def test_a_literal_secret_is_refused_and_never_shown(load_yaml: LoadText, good: str) -> None:
    loaded = load_yaml(good.replace("env:KEY", "sk-literal"))
    assert [mistake.path for mistake in loaded.mistakes] == [
        "upstreams.anthropic.credentials[0].key",
        "upstreams.openai.credentials[0].key",
    ]
    assert "sk-literal" not in repr(loaded)


def test_the_store_is_a_reference_too(load_yaml: LoadText, good: str) -> None:
    loaded = load_yaml(good + "\nstore: postgres://me:hunter2@db/x\nshared: env:NOWHERE")
    assert [mistake.path for mistake in loaded.mistakes] == ["store", "shared"]
    assert "hunter2" not in repr(loaded.mistakes)


def test_an_absent_secret_is_a_mistake_unless_the_caller_is_lenient(good: str, tmp_path: Path) -> None:
    strict = load_text(good.encode(), tmp_path, {})
    assert strict.snapshot is None
    assert {mistake.message for mistake in strict.mistakes} == {"environment variable KEY is not set"}
    lenient = load_text(good.encode(), tmp_path, {}, lenient=True)
    assert lenient.snapshot is not None
    assert lenient.snapshot.upstreams[0].credentials == ()
    assert [warning.path for warning in lenient.warnings] == [
        "upstreams.anthropic.credentials[0].key",
        "upstreams.openai.credentials[0].key",
    ]


def test_a_literal_secret_is_a_mistake_for_the_lenient_too(good: str, tmp_path: Path) -> None:
    assert load_text(good.replace("env:KEY", "sk-x").encode(), tmp_path, {}, lenient=True).snapshot is None


def test_credentials_of_an_upstream_have_different_names(load_yaml: LoadText, good: str) -> None:
    twice = "[{name: main, key: env:KEY}, {name: main, key: env:KEY}]\n    region"
    path, _ = the_mistake(load_yaml, good.replace("[{name: main, key: env:KEY}]\n    region", twice))
    assert path == "upstreams.anthropic.credentials[1].name"


def test_a_candidate_names_an_upstream_of_the_file(load_yaml: LoadText, good: str) -> None:
    mistake = the_mistake(load_yaml, good.replace("{upstream: anthropic}", "{upstream: anthropc}"))
    expected = "is not the name of an upstream; did you mean anthropic?"
    assert mistake == ("models.claude.candidates[0].upstream", expected)


def test_a_candidate_of_a_malformed_upstream_is_no_second_mistake(load_yaml: LoadText, good: str) -> None:
    path, _ = the_mistake(load_yaml, good.replace("    dialect: anthropic\n", ""))
    assert path == "upstreams.anthropic.dialect"


def test_the_same_candidate_twice_is_a_mistake(load_yaml: LoadText, good: str) -> None:
    mistake = the_mistake(load_yaml, good + "      - {upstream: anthropic, model: claude}\n")
    assert mistake == ("models.claude.candidates[2]", "repeats models.claude.candidates[0]: same upstream and model")


def test_a_model_needs_a_candidate(load_yaml: LoadText, good: str) -> None:
    path, message = the_mistake(load_yaml, good + "  gpt: {candidates: []}\n")
    assert (path, message) == ("models.gpt.candidates", "must be a list of 1 to 50 candidates; it has 0")


def test_only_the_whole_name_is_a_wildcard(load_yaml: LoadText, good: str) -> None:
    assert the_mistake(load_yaml, good.replace("claude:", "claude-*:"))[0] == "models.claude-*"
    path, message = the_mistake(load_yaml, good.replace("model: gpt", "model: 'gpt-*'"))
    assert (path, "leave it out" in message) == ("models.claude.candidates[1].model", True)


@pytest.mark.parametrize(("state", "words"), [("~/data", "~"), ("taken", "a file has that name")])
def test_state_is_a_folder(load_yaml: LoadText, good: str, tmp_path: Path, state: str, words: str) -> None:
    (tmp_path / "taken").touch()
    path, message = the_mistake(load_yaml, f"{good}\nstate: {state}")
    assert path == "state"
    assert words in message


def test_menus_are_bounded(load_yaml: LoadText, good: str) -> None:
    candidates = ", ".join(f"{{upstream: openai, model: m{number}}}" for number in range(50))
    models = "".join(f"  m{number}: {{candidates: [{candidates}]}}\n" for number in range(80))
    workloads = "".join(f"  w{number}: {{}}\n" for number in range(50))
    path, message = the_mistake(load_yaml, f"{good}{models}workloads:\n{workloads}")
    assert (path, "the most is" in message) == ("models", True)


def test_mistakes_of_meaning_and_of_shape_are_reported_together(load_yaml: LoadText, good: str) -> None:
    text = (
        good.replace("{upstream: anthropic}", "{upstream: nowhere}") + "\nmodls: {}\ngateway: {listen: x, workers: 0}"
    )
    paths = {mistake.path for mistake in load_yaml(text).mistakes}
    assert paths == {"models.claude.candidates[0].upstream", "modls", "gateway.listen", "gateway.workers"}


@pytest.mark.parametrize(
    ("limits", "path", "words"),
    [
        ("{reserved: {critcal: 20}}", "reserved.critcal", "is not the name of a workload; did you mean critical?"),
        ("{reserved: {critical: 60, default: 50}}", "reserved", "comes to 110 percent; no more than 100 can be kept"),
        ("{reserved: {critical: -5}}", "reserved.critical", "must be a percentage above 0 and at most 100"),
        ("{concurrency: -1}", "concurrency", "must be a whole number from 1 to 1000000"),
        ("{concurrency: 0}", "concurrency", "must be a whole number from 1 to 1000000"),
        ("{requests_per_minute: 1.5}", "requests_per_minute", "must be a whole number from 1 to 1000000000"),
        ("{input_tokens_per_minute: 1e12}", "input_tokens_per_minute", "must be a whole number from 1 to 1000000000"),
        ("{tokens_per_minute: 5}", "tokens_per_minute", "is not a known key"),
    ],
)
def test_absurd_limits_are_mistakes(load_yaml: LoadText, good: str, limits: str, path: str, words: str) -> None:
    text = good.replace("    region: us", f"    limits: {limits}") + "\nworkloads: {critical: {priority: critical}}"
    found = {mistake.path: mistake.message for mistake in load_yaml(text).mistakes}
    assert list(found) == [f"upstreams.anthropic.limits.{path}"]
    assert words in found[f"upstreams.anthropic.limits.{path}"]


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("workloads: {w: {priority: urgent}}", "workloads.w.priority"),
        ("workloads: {w: {cache: {ttl_seconds: -1}}}", "workloads.w.cache.ttl_seconds"),
        ("workloads: {w: {queue_seconds: -1}}", "workloads.w.queue_seconds"),
        ("tenants: {t: {weight: 0}}", "tenants.t.weight"),
        ("tenants: {t: {output_tokens_per_minute: 0}}", "tenants.t.output_tokens_per_minute"),
        ("retries: {hedge_percent: 50}", "retries.hedge_percent"),
        ("gateway: {queue_max: -1}", "gateway.queue_max"),
        ("cache: {megabytes_max: 0}", "cache.megabytes_max"),
    ],
)
def test_a_priority_a_cache_and_a_weight_have_bounds(load_yaml: LoadText, good: str, line: str, path: str) -> None:
    assert [mistake.path for mistake in load_yaml(f"{good}\n{line}").mistakes] == [path]

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.gateway.tokens.aws_container import ContainerRole
from mainstay.gateway.tokens.aws_instance import InstanceRole
from mainstay.gateway.tokens.aws_web_identity import WebIdentity
from mainstay.gateway.tokens.google_accounts import AuthorizedUser, ServiceAccount
from mainstay.gateway.tokens.google_external import ExternalAccount
from mainstay.gateway.tokens.google_metadata import GoogleMetadata
from mainstay.gateway.tokens.sources import is_renewed, source_for
from mainstay.model.catalogue import Platform
from tests.gateway.tokens.identity import private_pem, service_account_text

ROLE = "arn:aws:iam::123456789012:role/gateway"
FILE = {"AWS_WEB_IDENTITY_TOKEN_FILE": "/token"}


@pytest.mark.parametrize(
    ("platform", "text", "expected"),
    [
        (Platform.DIRECT, "sk-1", False),
        (Platform.DIRECT, "", False),
        (Platform.AZURE, "key", False),
        (Platform.VERTEX, "ya29.token", False),
        (Platform.VERTEX, "", True),
        (Platform.VERTEX, '{"type":"service_account"}', True),
        (Platform.BEDROCK, "AKIA:secret", False),
        (Platform.BEDROCK, "AKIA:secret:session", False),
        (Platform.BEDROCK, "bedrock-api-key", False),
        (Platform.BEDROCK, "", True),
        (Platform.BEDROCK, ROLE, True),
    ],
)
def test_what_is_sent_itself_is_not_renewed(platform: Platform, text: str, expected: bool) -> None:  # noqa: FBT001 - a column
    assert is_renewed(platform, text) is expected
    if not expected:
        assert source_for(platform, text, {}) == f"a credential of this kind is not renewed on {platform.value}"


class TestVertex:
    @staticmethod
    def source(**file: object) -> object:
        return source_for(Platform.VERTEX, msgspec.json.encode(file).decode(), {})

    def test_knows_service_accounts(self) -> None:
        assert isinstance(source_for(Platform.VERTEX, service_account_text(), {}), ServiceAccount)

    def test_knows_users(self) -> None:
        source = self.source(type="authorized_user", client_id="c", client_secret="s", refresh_token="r", account="")
        assert isinstance(source, AuthorizedUser)

    def test_knows_federated_identities(self) -> None:
        source = self.source(
            type="external_account",
            audience="//iam.googleapis.com/x",
            subject_token_type="urn:ietf:params:oauth:token-type:jwt",
            token_url="https://sts.googleapis.com/v1/token",
            token_info_url="https://sts.googleapis.com/v1/introspect",
            credential_source={"file": "/token", "format": {"type": "text"}},
            universe_domain="googleapis.com",
        )
        assert isinstance(source, ExternalAccount)

    def test_asks_the_machine_where_no_file_is_given(self) -> None:
        source = source_for(Platform.VERTEX, "", {})
        assert isinstance(source, GoogleMetadata)
        assert source.url.startswith("http://169.254.169.254/")

    def test_follows_the_usual_variable_to_another_metadata_server(self) -> None:
        source = source_for(Platform.VERTEX, "", {"GCE_METADATA_HOST": "127.0.0.1:8080"})
        assert isinstance(source, GoogleMetadata)
        assert source.url.startswith("http://127.0.0.1:8080/")
        assert isinstance(source_for(Platform.VERTEX, "", {"GCE_METADATA_HOST": "evil.example"}), str)

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("{", "not a Google credential file: no JSON"),
            ("{}", "not a Google credential file: Object missing required field `type`"),
            ('{"type":1}', "not a Google credential file: Expected `str`, got `int` - at `$.type`"),
            (
                '{"type":"service_account"}',
                "not a Google credential file: Object missing required field `client_email`",
            ),
            (
                '{"type":"service_account","client_email":"e","private_key":"k"}',
                "private_key of the service account is not an RSA key in PEM",
            ),
            (
                '{"type":"impersonated_service_account"}',
                (
                    "Google credential files of type 'impersonated_service_account' are not supported; "
                    "use service_account, authorized_user or external_account"
                ),
            ),
        ],
    )
    def test_says_what_is_wrong_with_a_file(self, text: str, problem: str) -> None:
        assert source_for(Platform.VERTEX, text, {}) == problem

    @given(st.text().map(lambda text: "{" + text))
    def test_raises_nothing_whatever_the_file_holds(self, text: str) -> None:
        assert isinstance(source_for(Platform.VERTEX, text, {}), str)

    def test_tells_nothing_of_a_secret(self) -> None:
        secret = private_pem().splitlines()[5]
        problem = self.source(type="service_account", client_email=1, private_key=secret)
        assert isinstance(problem, str)
        assert secret[:20] not in problem


class TestBedrock:
    def test_takes_the_role_of_the_environment(self) -> None:
        source = source_for(Platform.BEDROCK, "", {**FILE, "AWS_ROLE_ARN": ROLE, "AWS_ROLE_SESSION_NAME": "me"})
        assert source == WebIdentity(ROLE, "/token", "https://sts.amazonaws.com/", "me")

    def test_prefers_the_role_of_the_credential(self) -> None:
        source = source_for(Platform.BEDROCK, ROLE, {**FILE, "AWS_ROLE_ARN": "arn:aws:iam::1:role/other"})
        assert source == WebIdentity(ROLE, "/token")

    def test_needs_a_proof_for_a_role(self) -> None:
        assert source_for(Platform.BEDROCK, ROLE, {}) == (
            f"the role {ROLE} needs AWS_WEB_IDENTITY_TOKEN_FILE in the environment"
        )

    @pytest.mark.parametrize(
        ("environment", "url"),
        [
            ({"AWS_REGION": "eu-central-1"}, "https://sts.eu-central-1.amazonaws.com/"),
            ({"AWS_DEFAULT_REGION": "us-east-1"}, "https://sts.us-east-1.amazonaws.com/"),
            ({"AWS_REGION": "cn-north-1"}, "https://sts.cn-north-1.amazonaws.com.cn/"),
            ({"AWS_REGION": "x", "AWS_ENDPOINT_URL_STS": "https://sts.example"}, "https://sts.example/"),
        ],
    )
    def test_asks_the_service_of_its_region(self, environment: dict[str, str], url: str) -> None:
        assert source_for(Platform.BEDROCK, ROLE, {**FILE, **environment}) == WebIdentity(ROLE, "/token", url)

    def test_shows_its_proof_to_nobody_in_the_open(self) -> None:
        environment = {**FILE, "AWS_ENDPOINT_URL_STS": "http://sts.example"}
        assert isinstance(source_for(Platform.BEDROCK, ROLE, environment), str)

    def test_takes_the_credentials_of_its_container(self) -> None:
        relative = {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials/1"}
        full = {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/pod",
        }
        assert source_for(Platform.BEDROCK, "", relative) == ContainerRole("http://169.254.170.2/v2/credentials/1")
        assert source_for(Platform.BEDROCK, "", full) == ContainerRole("http://169.254.170.23/v1/credentials", "/pod")
        assert source_for(Platform.BEDROCK, "", {**full, **relative}) == ContainerRole(
            "http://169.254.170.2/v2/credentials/1", "/pod"
        )

    def test_asks_no_stranger_for_the_credentials_of_its_container(self) -> None:
        environment = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://evil.example/"}
        assert isinstance(source_for(Platform.BEDROCK, "", environment), str)

    def test_asks_the_machine_at_last(self) -> None:
        other = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:1338/"}
        assert source_for(Platform.BEDROCK, "", {}) == InstanceRole("http://169.254.169.254")
        assert source_for(Platform.BEDROCK, "", other) == InstanceRole("http://127.0.0.1:1338")
        assert isinstance(source_for(Platform.BEDROCK, "", {"AWS_EC2_METADATA_DISABLED": "true"}), str)

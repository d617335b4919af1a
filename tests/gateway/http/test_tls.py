import ssl
from pathlib import Path

import pytest

from mainstay.gateway.http.tls import upstream_context


def test_upstreams_are_verified() -> None:
    context = upstream_context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_a_system_without_certificates_gets_those_of_certifi(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert upstream_context().cert_store_stats()["x509_ca"] > 50


def test_a_system_with_certificates_keeps_to_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "own.pem").write_text("")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert upstream_context().cert_store_stats()["x509_ca"] == 0

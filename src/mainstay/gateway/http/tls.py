"""The TLS settings of the upstream client."""

import ssl
from pathlib import Path

import certifi


def upstream_context() -> ssl.SSLContext:
    """Verifies against the system's store, or against certifi's where the system has none. Speaks HTTP/1.1."""
    context = ssl.create_default_context()
    if not _system_has_store(context):
        context.load_verify_locations(certifi.where())
    context.set_alpn_protocols(["http/1.1"])
    return context


def _system_has_store(context: ssl.SSLContext) -> bool:
    """OpenSSL reads a folder of certificates only when it needs one, so the folder counts besides what is loaded."""
    folder = ssl.get_default_verify_paths().capath
    return bool(context.cert_store_stats()["x509_ca"]) or bool(
        folder and Path(folder).is_dir() and any(Path(folder).iterdir())
    )

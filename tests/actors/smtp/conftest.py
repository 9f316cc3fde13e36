"""Certificates for the SMTP tests: an authority that lives for one session, and a server it vouches for."""

import ssl
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM files; `server` is for localhost, and `context` is its side of TLS. `stranger` is somebody else's."""

    authority: Path
    server: Path
    key: Path
    context: ssl.SSLContext
    stranger: ssl.SSLContext

    def context_for_client(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.authority)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    folder = tmp_path_factory.mktemp("certificates")
    authority = trustme.CA()
    issued = authority.issue_cert("localhost", "127.0.0.1")
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    for blob in issued.cert_chain_pems:
        blob.write_to_path(str(folder / "server.pem"), append=True)
    issued.private_key_pem.write_to_path(str(folder / "key.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued.configure_cert(context)
    stranger = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("elsewhere.example").configure_cert(stranger)
    return Certificates(folder / "authority.pem", folder / "server.pem", folder / "key.pem", context, stranger)

"""DKIM keys that live as long as a test, and the DNS that publishes them."""

import base64
from collections.abc import Callable
from pathlib import Path

import nacl.signing
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from apps.email.letterhead.config import Dkim

Dns = dict[bytes, bytes]


def rsa_key(folder: Path, dns: Dns, domain: str = "example.org", selector: str = "r1") -> Dkim:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    file = folder / f"{selector}.pem"
    pem, pkcs1 = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL
    file.write_bytes(private.private_bytes(pem, pkcs1, serialization.NoEncryption()))
    der = private.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    dns[f"{selector}._domainkey.{domain}.".encode()] = b"v=DKIM1; k=rsa; p=" + base64.b64encode(der)
    return Dkim(domain=domain, selector=selector, key=file)


def ed25519_key(folder: Path, dns: Dns, domain: str = "example.org", selector: str = "e1") -> Dkim:
    private = nacl.signing.SigningKey.generate()
    file = folder / f"{selector}.key"
    file.write_bytes(base64.b64encode(bytes(private)) + b"\n")
    public = base64.b64encode(bytes(private.verify_key))
    dns[f"{selector}._domainkey.{domain}.".encode()] = b"v=DKIM1; k=ed25519; p=" + public
    return Dkim(domain=domain, selector=selector, key=file, algorithm="ed25519-sha256")


def looked_up(dns: Dns) -> Callable[..., bytes | None]:
    """dkimpy's `dnsfunc`."""
    return lambda name, timeout=5: dns.get(name)

"""Every signature is verified by dkimpy's own verifier, against keys that only the test's DNS knows."""

from collections.abc import Callable
from pathlib import Path

import dkim as dkimpy
import pytest

from apps.email.letterhead.config import Dkim
from apps.email.letterhead.dkim import Signer, sign
from supervision.errors import ConfigError
from tests.apps.email.letterhead.keys import Dns, ed25519_key, looked_up, rsa_key

MAIL = (
    b"From: Rookery <news@example.org>\r\nTo: ada@example.org\r\nSubject: Hello\r\n"
    b"Date: Sun, 22 Nov 2026 09:00:00 +0000\r\nMessage-ID: <1@example.org>\r\n"
    b"List-Unsubscribe: <https://example.org/public/unsubscribe/x>\r\n"
    b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n.dots\r\n\r\ntrailing  \r\n\r\n\r\n"
)


def verified(mail: bytes, dns: Dns, number: int = 0) -> bool:
    """Whether the `number`-th signature is good."""
    try:
        return bool(dkimpy.DKIM(mail).verify(idx=number, dnsfunc=looked_up(dns)))
    except dkimpy.DKIMException:
        return False


@pytest.mark.parametrize("make", [rsa_key, ed25519_key])
def test_a_signature_verifies(make: Callable[[Path, Dns], Dkim], tmp_path: Path) -> None:
    dns: Dns = {}
    signed = sign(MAIL, [Signer.of(make(tmp_path, dns))])
    assert signed.endswith(MAIL)
    assert verified(signed, dns)
    assert not verified(signed.replace(b".dots", b"dots"), dns)


def test_both_signatures_of_one_mail_verify(tmp_path: Path) -> None:
    dns: Dns = {}
    signed = sign(MAIL, [Signer.of(rsa_key(tmp_path, dns)), Signer.of(ed25519_key(tmp_path, dns))])
    assert signed.count(b"DKIM-Signature:") == 2
    assert verified(signed, dns, 0)
    assert verified(signed, dns, 1)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (b"Subject: Hello", b"Subject: Buy"),
        (b"unsubscribe/x", b"unsubscribe/y"),
        (b"One-Click", b"Two-Click"),
        (b"To: ada@", b"To: eve@"),
        (b"From: Rookery", b"From: Eve <eve@example.net>\r\nFrom: Rookery"),
        (b"<1@example.org>", b"<2@example.org>"),
    ],
)
def test_what_it_vouches_for_cannot_be_changed(was: bytes, becomes: bytes, tmp_path: Path) -> None:
    dns: Dns = {}
    signed = sign(MAIL, [Signer.of(ed25519_key(tmp_path, dns))])
    assert was in signed
    assert not verified(signed.replace(was, becomes), dns)


def test_blanks_that_servers_change_do_not_matter(tmp_path: Path) -> None:
    dns: Dns = {}
    signed = sign(MAIL, [Signer.of(ed25519_key(tmp_path, dns))])
    assert verified(signed.replace(b"Subject: Hello", b"subject:   Hello ").rstrip() + b"\r\n", dns)


def test_a_key_that_is_not_there_or_none_is_said_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        Signer.of(Dkim(domain="example.org", selector="s", key=tmp_path / "absent.pem"))
    broken = tmp_path / "broken.pem"
    broken.write_text("not a key")
    with pytest.raises(ConfigError, match="does not sign"):
        Signer.of(Dkim(domain="example.org", selector="s", key=broken))


def test_a_signer_never_shows_its_key(tmp_path: Path) -> None:
    config = ed25519_key(tmp_path, {})
    assert config.key.read_text().strip() not in repr(Signer.of(config))

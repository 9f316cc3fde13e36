import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.smtp.errors import TlsFailed, WrongUrl
from actors.smtp.url import MailUrl, Tls, parse_url


def test_the_parts_of_a_url() -> None:
    url = parse_url(
        "smtp://me%40home:p%2Fw@mail.example.org:587?starttls=required&verify=false&cafile=/ca&hello=us.example"
    )
    assert (url.host, url.port, url.tls) == ("mail.example.org", 587, Tls.REQUIRED)
    assert (url.user, url.password, url.verify) == ("me@home", "p/w", False)
    assert (url.cafile, url.hello, url.embedded) == ("/ca", "us.example", False)


@pytest.mark.parametrize(
    ("text", "tls", "port"),
    [
        ("smtp://h", Tls.OPPORTUNISTIC, 25),
        ("smtp://u:p@h", Tls.REQUIRED, 25),
        ("smtp://u:p@h:2525?starttls=never", Tls.NEVER, 2525),
        ("smtp://u:p@h?starttls=opportunistic", Tls.OPPORTUNISTIC, 25),
        ("smtps://h", Tls.IMPLICIT, 465),
        ("smtps://[::1]:1465/", Tls.IMPLICIT, 1465),
    ],
)
def test_encryption_and_port_by_default(text: str, tls: Tls, port: int) -> None:
    url = parse_url(text)
    assert (url.tls, url.port, url.verify) == (tls, port, True)


def test_the_embedded_server_has_a_url_of_its_own() -> None:
    assert parse_url("embedded:").embedded
    assert str(parse_url("embedded:")) == "embedded:"


def test_certificates_are_verified_unless_the_url_says_otherwise() -> None:
    strict = parse_url("smtps://h").ssl_context()
    assert strict.check_hostname
    assert strict.verify_mode.name == "CERT_REQUIRED"
    lax = parse_url("smtps://h?verify=no").ssl_context()
    assert lax.verify_mode.name == "CERT_NONE"


def test_a_ca_file_that_is_not_there_is_named() -> None:
    with pytest.raises(TlsFailed, match="nowhere"):
        parse_url("smtps://h?cafile=nowhere.pem").ssl_context()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mail.example.org",
        "http://mail.example.org",
        "smtp://",
        "smtp://h:port",
        "smtp://h:70000",
        "smtp://u@h",
        "smtp://:p@h",
        "smtp://h/path",
        "smtp://h#x",
        "smtp://h?tls=1",
        "smtp://h?starttls=maybe",
        "smtp://h?starttls=implicit",
        "smtps://h?starttls=never",
        "smtp://h?verify=perhaps",
        "smtp://[::1",
        "embedded:x",
    ],
)
def test_a_wrong_url_is_refused(text: str) -> None:
    with pytest.raises(WrongUrl):
        parse_url(text)


@given(st.text(min_size=1, max_size=12))
def test_a_password_never_shows_even_when_it_was_not_encoded(tail: str) -> None:
    secret = "hunter2" + tail
    for text in (f"smtp://u:{secret}@h", f"smtp://u:{secret}", f"smtp://u:{secret}@h?starttls={secret}"):
        try:
            url = parse_url(text)
        except WrongUrl as error:
            assert "hunter2" not in str(error)
            assert error.__cause__ is None
        else:
            assert "hunter2" not in f"{url} {url!r}"


def test_ipv6_hosts_are_shown_in_brackets() -> None:
    assert str(MailUrl("::1", 25)) == "smtp://[::1]:25"
    assert str(parse_url("smtps://u:p@h")) == "smtps://h:465"

import pytest
from starlette.datastructures import Headers

from actors.web.config import ConsoleConfig
from actors.web.errors import CrossSite, WrongHost
from actors.web.guard import check_host, check_origin, is_local, read_cookie

NAMES = ConsoleConfig(allowed_hosts=("Rookery.Example",)).names


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8080", "localhost", "LOCALHOST:8080", "[::1]:8080", "rookery.example:443", "192.0.2.7:8080"]
)
def test_own_names_and_plain_addresses_are_answered(host: str) -> None:
    check_host(host, NAMES)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8080",
        "127.0.0.1.evil.example",
        "localhost@evil.example",
        "",
        "127.0.0.1@x",
        "[::1",
        "[x]",
    ],
)
def test_foreign_names_are_refused(host: str) -> None:
    with pytest.raises(WrongHost):
        check_host(host, NAMES)


@pytest.mark.parametrize("origin", [None, "http://127.0.0.1:8080", "https://127.0.0.1:8080"])
def test_own_pages_and_programs_may_write(origin: str | None) -> None:
    check_origin(origin, "127.0.0.1:8080")


@pytest.mark.parametrize(
    "origin", ["null", "", "http://evil.example", "http://127.0.0.1:9090", "http://127.0.0.1", "http://[bad"]
)
def test_other_origins_may_not(origin: str) -> None:
    with pytest.raises(CrossSite):
        check_origin(origin, "127.0.0.1:8080")


@pytest.mark.parametrize(
    ("peer", "headers", "local"),
    [
        ("127.0.0.1", {}, True),
        ("::1", {}, True),
        ("192.0.2.7", {}, False),
        ("127.0.0.1", {"x-forwarded-for": "192.0.2.7"}, False),
        ("127.0.0.1", {"forwarded": "for=192.0.2.7"}, False),
    ],
)
def test_who_counts_as_this_machine(peer: str, headers: dict[str, str], local: bool) -> None:
    assert is_local({"client": (peer, 4711)}, Headers(headers)) is local


@pytest.mark.parametrize(("header", "value"), [("a=1; rookery_80=x.y", "x.y"), ("", ""), ("\x00=;;=,", "")])
def test_cookies(header: str, value: str) -> None:
    assert read_cookie(header, "rookery_80") == value

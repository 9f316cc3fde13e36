from pathlib import Path

import pytest

from apps.email.connections import connections
from supervision.config import Settings, check
from supervision.errors import ConfigError
from tests.actors.smtp.scripted import Peer, scripted


def settings(url: str) -> Settings:
    return check({"apps": ["apps.email"], "email": {"mta": {"url": url}}}, Path("var"), {})


def test_the_embedded_server_needs_no_trial() -> None:
    assert list(connections(settings("embedded:"))) == []


def test_a_server_that_greets_is_reachable() -> None:
    def polite(peer: Peer) -> None:
        peer.greet("SIZE 1000")
        peer.hear("QUIT")
        peer.say("221 2.0.0 bye")

    with scripted(polite) as server:
        (probe,) = connections(settings(f"smtp://localhost:{server.port}?starttls=never"))
        assert probe.check() is None
        assert probe.name == f"mail server smtp://localhost:{server.port}"


def test_a_server_that_turns_us_away_is_told_with_its_words() -> None:
    with scripted(lambda peer: peer.say("554 5.3.2 closed today")) as server:
        (probe,) = connections(settings(f"smtp://localhost:{server.port}?starttls=never"))
        assert "closed today" in str(probe.check())


def test_nobody_there_is_told_without_the_credentials() -> None:
    (probe,) = connections(settings("smtp://ada:s3cret@127.0.0.1:1"))
    assert "127.0.0.1:1" in str(probe.check())
    assert "s3cret" not in f"{probe.name} {probe.check()}"


def test_a_wrong_url_is_a_fault_with_its_path() -> None:
    with pytest.raises(ConfigError, match=r"^email\.mta\.url: a mail URL must start with smtp://"):
        settings("http://ada:s3cret@mx")

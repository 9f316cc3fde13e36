import pytest

from actors.web.login import local_path
from tests.actors.web.serving import Served


def test_the_right_token_opens_a_session(served: Served) -> None:
    answer = served.client.post("/login", data={"token": f" {served.token}\n", "next": "/api/tree"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/api/tree")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert served.token not in cookie
    assert served.client.get("/api/tree").status_code == 200


def test_a_session_survives_a_restart_of_the_server_and_ends_at_logout(served: Served) -> None:
    served.client.post("/login", data={"token": served.token})
    before = served.row("/web/server").incarnation
    served.client.post("/api/restart", json={"path": "/web/server"})
    served.restarted("/web/server", before)
    assert served.client.get("/api/tree").status_code == 200
    assert served.client.get("/logout").headers["location"] == "/login"
    assert served.client.get("/api/tree").status_code == 401


@pytest.mark.parametrize("fields", [{"token": "wrong"}, {"token": ""}, {}])
def test_a_wrong_token_opens_nothing(served: Served, fields: dict[str, str]) -> None:
    answer = served.client.post("/login", data=fields)
    assert answer.status_code == 401
    assert "That is not the token." in answer.text
    assert "set-cookie" not in answer.headers


def test_the_form_cannot_be_sent_by_another_site(served: Served) -> None:
    origin = {"Origin": "http://evil.example"}
    assert served.client.post("/login", data={"token": served.token}, headers=origin).status_code == 403
    own = {"Origin": served.url}
    assert served.client.post("/login", data={"token": served.token}, headers=own).status_code == 303


def test_the_form_shows_what_it_was_given_as_text(served: Served) -> None:
    answer = served.client.get("/login", params={"next": '/"><script>alert(1)</script>'})
    assert "<script" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize(
    "target", ["//evil.example", "/\\evil.example", "https://evil.example", "", "evil", "/a\r\nSet-Cookie: x", "/\t/x"]
)
def test_nobody_is_sent_elsewhere(target: str) -> None:
    assert local_path(target) == "/"


@pytest.mark.parametrize("target", ["/", "/outbox", "/outbox/7?tab=raw"])
def test_own_paths_are_kept(target: str) -> None:
    assert local_path(target) == target

import logging
from collections.abc import Iterator

import pytest

from actors.web.problem import field_name, urn
from supervision.errors import ConfigError, MailboxFull, RookeryError
from tests.actors.web.serving import Served

MEDIA_TYPE = "application/problem+json"


def test_nothing_there(served: Served) -> None:
    answer = served.client.get("/nowhere")
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "nothing at /nowhere",
    }


def test_wrong_method(served: Served) -> None:
    answer = served.client.put("/healthz")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert answer.json()["detail"] == "PUT is not for /healthz"


@pytest.mark.parametrize("body", [b"{", b"", b"[1,", b'{"name": }', b"\xff\xfe"])
def test_malformed_json_names_the_body(served: Served, body: bytes) -> None:
    answer = served.client.post("/sample", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.json().get("field", "body") == "body"


def test_a_wrong_field_is_named(served: Served) -> None:
    answer = served.client.post("/sample", json={"name": "ada", "times": 9})
    assert answer.status_code == 422
    document = answer.json()
    assert document["field"] == "times"
    assert [error["field"] for error in document["errors"]] == ["times"]


def test_a_body_over_the_limit_declared(served: Served) -> None:
    answer = served.client.post("/sample", content=b"x" * 4096)
    assert (answer.status_code, answer.headers["content-type"]) == (413, MEDIA_TYPE)
    assert "console.max_body_bytes" in answer.json()["detail"]


def test_a_body_over_the_limit_undeclared(served: Served) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(3):
            yield b" " * 1000

    answer = served.client.post("/sample", content=chunks(), headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (413, MEDIA_TYPE)


def test_a_bug_shows_an_id_and_nothing_else_and_the_log_has_the_rest(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = served.client.get("/api/sample/break", params={"name": "x"}, headers=served.operator)
    assert (answer.status_code, answer.headers["content-type"]) == (500, MEDIA_TYPE)
    error_id = answer.json()["error_id"]
    assert "zzyzx" not in answer.text
    assert "ZeroDivision" not in answer.text
    [record] = [record for record in caplog.records if error_id in record.getMessage()]
    assert record.exc_info is not None
    assert served.client.get("/healthz").status_code == 200


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Host": "evil.example:8080"}])
def test_a_rebound_name_is_not_answered(served: Served, headers: dict[str, str]) -> None:
    answer = served.client.get("/healthz", headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (421, MEDIA_TYPE)


def test_another_sites_page_cannot_write(served: Served) -> None:
    answer = served.client.post("/sample", json={"name": "a"}, headers={"Origin": "https://evil.example"})
    assert (answer.status_code, answer.headers["content-type"]) == (403, MEDIA_TYPE)


@pytest.mark.parametrize(
    ("error", "expected"),
    [(MailboxFull("x"), "urn:rookery:problem:mailbox-full"), (ConfigError("x"), "urn:rookery:problem:config-error")],
)
def test_the_class_is_the_type(error: RookeryError, expected: str) -> None:
    assert urn(error) == expected


@pytest.mark.parametrize(
    ("location", "expected"),
    [(("body", "data", "link"), "data.link"), (("query", "limit"), "limit"), (("body",), "body"), ((), "body")],
)
def test_field_names(location: tuple[str, ...], expected: str) -> None:
    assert field_name(location) == expected

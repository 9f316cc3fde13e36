import pytest

from actors.web.api import door
from supervision import Crashed
from supervision.events import ChildExited
from supervision.verbs import NoParams, Verb
from tests.actors.web.serving import RELEASE, VERBS, Served


@pytest.mark.parametrize("path", ["/api/tree", "/api/faults", "/api/docs", "/api/openapi.json", "/api/sample/greet"])
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Cookie": "rookery_80=1.2"}])
def test_everything_needs_the_token(served: Served, path: str, headers: dict[str, str]) -> None:
    answer = served.client.get(path, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_tree(served: Served) -> None:
    document = served.client.get("/api/tree", headers=served.operator).json()
    assert [row["path"] for row in document["rows"]] == ["/", "/echo", "/web", "/web/server"]
    assert {row["state"] for row in document["rows"]} == {"running"}


def test_info_of_one_child(served: Served) -> None:
    document = served.client.get("/api/info", params={"path": "/echo"}, headers=served.operator).json()
    assert document["path"] == "/echo"
    assert "_serve" in document["stack"]


def test_faults_are_added_listed_and_cleared(served: Served) -> None:
    added = served.client.post("/api/faults", json={"pattern": "/echo"}, headers=served.operator)
    assert added.json() == {"id": 1, "matches": ["/echo"]}
    exited = served.running.events.expect(ChildExited)
    assert isinstance(exited.reason, Crashed)
    assert (exited.path, exited.reason.injected) == ("/echo", True)
    [fault] = served.client.get("/api/faults", headers=served.operator).json()
    assert fault["struck"] == {"/echo": 1}
    assert served.client.delete("/api/faults", params={"id": 1}, headers=served.operator).json() == {"cleared": 1}
    assert served.client.get("/api/faults", headers=served.operator).json() == []


@pytest.mark.parametrize(
    ("fault", "field"),
    [
        ({"pattern": "/echo", "kind": "explode"}, "kind"),
        ({"pattern": "/echo", "kind": "slow"}, "seconds"),
        ({"pattern": "/echo", "kind": "drop", "bytes": 7}, "bytes"),
        ({"pattern": "echo"}, "pattern"),
    ],
)
def test_a_wrong_fault_is_refused_by_its_field(served: Served, fault: dict[str, object], field: str) -> None:
    answer = served.client.post("/api/faults", json=fault, headers=served.operator)
    assert 400 <= answer.status_code < 500
    assert field in answer.json().get("field", "") or field in str(answer.json().get("errors"))
    assert served.running.system.faults.entries() == []


def test_orphans_by_http(served: Served) -> None:
    assert served.client.get("/api/faults/orphans", headers=served.operator).json() == []


def test_restart_by_http(served: Served) -> None:
    before = served.row("/echo").incarnation
    answer = served.client.post("/api/restart", json={"path": "/echo"}, headers=served.operator)
    assert answer.json() == {"path": "/echo", "state": "running", "incarnation": before}
    served.restarted("/echo", before)


def test_a_verb_that_reads_takes_its_parameters_from_the_query(served: Served) -> None:
    answer = served.client.get("/api/sample/greet", params={"name": "ada", "times": 2}, headers=served.operator)
    assert answer.json() == {"said": ["hello ada", "hello ada"]}


def test_a_verb_that_writes_takes_them_from_a_json_body(served: Served) -> None:
    assert served.client.get("/api/sample/write?name=ada", headers=served.operator).status_code == 405
    answer = served.client.post("/api/sample/write", json={"name": "ada"}, headers=served.operator)
    assert answer.json() == {"said": ["hello ada"]}


@pytest.mark.parametrize(
    ("query", "field"),
    [({}, "name"), ({"name": "a", "times": 4}, "times"), ({"name": "a", "time": 1}, "time")],
)
def test_wrong_parameters_are_named(served: Served, query: dict[str, str], field: str) -> None:
    answer = served.client.get("/api/sample/greet", params=query, headers=served.operator)
    assert answer.status_code == 422
    assert answer.json()["field"] == field


def test_a_refusal_comes_through(served: Served) -> None:
    answer = served.client.post("/api/sample/refuse", json={"name": "ada"}, headers=served.operator)
    assert answer.status_code == 409
    assert answer.json() == {
        "type": "urn:rookery:problem:not-today",
        "title": "Refused",
        "status": 409,
        "detail": "not today",
        "field": "name",
    }


def test_a_verb_that_takes_too_long_is_answered_for(served: Served) -> None:
    RELEASE.clear()
    try:
        answer = served.client.get("/api/sample/hang", params={"name": "x"}, headers=served.operator)
    finally:
        RELEASE.set()
    assert answer.status_code == 504
    assert "may still take effect" in answer.json()["detail"]


def test_every_verb_stands_in_the_openapi_document_and_in_the_reference(served: Served) -> None:
    document = served.client.get("/api/openapi.json", headers=served.operator).json()
    reference = served.client.get("/api/docs", headers=served.operator).text
    for verb in VERBS:
        method, path = door(verb)
        assert method.lower() in document["paths"]["/api" + path]
        assert f"{method} /api{path}" in reference
    assert "Say hello." in reference


def test_the_reference_loads_nothing_and_runs_nothing(served: Served) -> None:
    answer = served.client.get("/api/docs", headers=served.operator)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "<script" not in answer.text


@pytest.mark.parametrize(
    ("name", "writes", "expected"),
    [
        ("email.outbox", False, ("GET", "/email/outbox")),
        ("event.send", True, ("POST", "/event/send")),
        ("tree", False, ("GET", "/tree")),
        ("fault.clear", True, ("DELETE", "/faults")),
    ],
)
def test_doors(name: str, writes: bool, expected: tuple[str, str]) -> None:
    assert door(Verb(name, NoParams, lambda site, params: None, writes=writes)) == expected

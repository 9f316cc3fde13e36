from prometheus_client.parser import text_string_to_metric_families

from actors.web.health import children_of_root
from supervision.tree import Row, State
from tests.actors.web.serving import Served


def test_healthz_is_the_root_supervisor(served: Served) -> None:
    assert served.client.get("/healthz").status_code == 200


def test_readyz_when_all_is_well(served: Served) -> None:
    answer = served.client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ready",
        "missing": [],
        "probes": [{"name": name, "ok": True} for name in ("tree", "fine", "database", "broken")],
    }


def test_readyz_names_what_is_missing_and_why(served: Served) -> None:
    served.running.system.facts["database"] = "no connection to 127.0.0.1:5432"
    served.running.system.facts["divisor"] = "0"
    answer = served.client.get("/readyz")
    assert answer.status_code == 503
    document = answer.json()
    assert document["status"] == "not ready"
    assert document["missing"][0] == {"name": "database", "reason": "no connection to 127.0.0.1:5432"}
    assert document["missing"][1]["name"] == "broken"
    assert "ZeroDivisionError" in document["missing"][1]["reason"]
    assert [probe["name"] for probe in document["probes"] if probe["ok"]] == ["tree", "fine"]


def test_a_child_of_the_root_that_is_down_is_missing() -> None:
    rows = [Row("/a", "a", "worker", State.RUNNING), Row("/b", "b", "worker", State.BACKOFF)]
    assert children_of_root(rows).reason == "/b is backoff"
    assert children_of_root(rows[:1]).reason is None


def test_metrics_are_in_prometheus_format(served: Served) -> None:
    answer = served.client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    states = families["supervisor_child_state"].samples
    assert {"child": "/web/server", "state": "running"} in [sample.labels for sample in states]


def test_metrics_and_routes_of_apps_need_the_token_from_elsewhere(served: Served) -> None:
    elsewhere = {"X-Forwarded-For": "192.0.2.7"}
    assert served.client.get("/metrics", headers=elsewhere).status_code == 401
    assert served.client.post("/sample", json={"name": "a"}, headers=elsewhere).status_code == 401
    assert served.client.get("/metrics", headers=elsewhere | served.operator).status_code == 200
    assert served.client.get("/healthz", headers=elsewhere).status_code == 200
    assert served.client.get("/readyz", headers=elsewhere).status_code == 200

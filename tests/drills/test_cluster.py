"""Two roots of two homes on one RabbitMQ, as an operator sees them: calls across, all trees on one page."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.drills.site import Site, eventually, only, site

pytestmark = pytest.mark.timeout(180)

#: A root with no service of its own.
OUTPOST = "apps=[actors.database, actors.broker, actors.rpc, apps.contracts, apps.cluster]"
ADA = "address,name,locale\nada@example.org,Ada,fr\n"


RESET = {
    "type": "password_reset",
    "source": "/drill",
    "id": "1",
    "data": {"to": "eve@example.org", "hours": 2, "link": "https://example.org/r/1"},
}


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory, virtual_host: str) -> Iterator[tuple[Site, Site]]:
    """A whole Rookery, and an outpost on the same RabbitMQ."""
    home, url = tmp_path_factory.mktemp("cluster"), f"broker.url={virtual_host}"
    with site(home / "town", url, "nodes.count=1") as town, only(home / "outpost", OUTPOST, url) as outpost:
        town.start()
        outpost.start()
        eventually(lambda: _said(outpost, "people").returncode == 1, 20.0, "an answer of the people's service")
        yield town, outpost


def _said(here: Site, service: str) -> subprocess.CompletedProcess[str]:
    """What comes of asking for somebody whom nobody knows."""
    method = {"people": "Find", "email": "Status"}.get(service, "GetTree")
    request = {"people": {"who": "nobody@example.org"}, "email": {"key": "no such mail"}}.get(service, {})
    return here.command("rpc", service, method, "--json", json.dumps(request), "--timeout", "2")


def _call(here: Site, service: str, method: str, **request: Any) -> Any:
    return here.json("rpc", service, method, "--json", json.dumps(request))


def _states(here: Site) -> dict[str, str]:
    return {Path(root["home"]).name: root["state"] for root in here.json("tree", "--cluster", "--json")["roots"]}


def test_a_call_is_answered_by_the_node_of_another_root(roots: tuple[Site, Site], tmp_path: Path) -> None:
    town, outpost = roots
    (tmp_path / "people.csv").write_text(ADA)
    town.output("people", "import", str(tmp_path / "people.csv"))
    found = _call(outpost, "people", "Find", who="ada@example.org")
    assert (found["profile"]["name"], found["profile"]["locale"]) == ("Ada", "fr")
    held = _call(outpost, "people", "Suppress", address="ada@example.org", reason="REASON_MANUAL")
    assert held["scope"] == "all"
    assert town.json("people", "show", "ada@example.org", "--json")["suppressions"][0]["reason"] == "manual"


def test_an_event_from_afar_becomes_a_mail(roots: tuple[Site, Site]) -> None:
    town, outpost = roots
    (key,) = _call(outpost, "email", "Send", **RESET)["mails"]
    eventually(lambda: town.copies().get(key) == 1, 20.0, "the mail")
    eventually(lambda: _call(outpost, "email", "Status", key=key)["state"] == "handed", 10.0, "its state")


def test_errors_tell_the_outcomes_apart(roots: tuple[Site, Site]) -> None:
    _, outpost = roots
    refused = _said(outpost, "people")
    assert refused.returncode == 1 and refused.stderr.startswith("No such person:")
    absent = _said(outpost, "roots.nobody")
    assert absent.returncode == 69 and "was not run" in absent.stderr
    unknown = outpost.command("rpc", "people", "Fly")
    assert unknown.returncode == 1 and "it has Find, " in unknown.stderr
    wrong = outpost.command("rpc", "people", "Find", "--json", '{"whom": 1}')
    assert wrong.returncode == 1 and "whom" in wrong.stderr


def test_services_and_methods_are_listed(roots: tuple[Site, Site]) -> None:
    _, outpost = roots
    there = {line.split()[0] for line in outpost.output("rpc", "--list").splitlines() if line.endswith(" there")}
    assert there == {"email", "people"}
    assert "    who: string" in outpost.output("rpc", "people")


def test_all_trees_on_one_page_and_a_killed_root_is_missing_until_it_is_back(roots: tuple[Site, Site]) -> None:
    town, outpost = roots
    assert _states(outpost) == _states(town) == {"outpost": "there", "town": "there"}
    page = outpost.output("tree", "--cluster")
    assert "transactional/" in page and page.count("─ member") == 2
    town.kill()
    eventually(lambda: _states(outpost) == {"outpost": "there", "town": "missing"}, 20.0, "the town missing")
    assert "MISSING, last sign" in outpost.output("tree", "--cluster")
    eventually(lambda: _said(outpost, "people").returncode == 69, 20.0, "that nobody is there")
    town.start()
    eventually(lambda: _states(outpost) == {"outpost": "there", "town": "there"}, 20.0, "the town back")
    assert town.stop() == 0
    eventually(lambda: _states(outpost) == {"outpost": "there"}, 10.0, "the town gone in order")

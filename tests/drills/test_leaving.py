"""People who leave, addresses that are gone, and a mail server that is told over the command line to be difficult."""

import json
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import httpx
import pytest

from actors.smtp.mta import store
from tests.drills.site import Site, eventually, site

pytestmark = pytest.mark.timeout(150)

UPDATE = json.dumps(
    {"petition": "Bees", "signatures": 3, "goal": 10, "news": "Hello", "link": "https://example.org/p/1"}
)


def send(here: Site, event: str, address: str, data: str) -> Any:
    """An event for one person; what its mail became, once that is known."""
    (key,) = here.json("event", "send", event, "--to", address, "--data", data, "--json")["mails"]

    def settled() -> Any:
        done = here.command("email", "show", key, "--json")
        found = json.loads(done.stdout) if done.returncode == 0 else {}
        return found if found.get("state") in {"handed", "failed", "suppressed"} else None

    return eventually(settled, 30.0, f"the end of the mail to {address}")


def test_one_click_in_a_mail_and_the_next_one_is_not_sent(tmp_path: Path) -> None:
    with site(tmp_path / "home", "nodes.count=1") as here:
        here.start()
        people = tmp_path / "people.csv"
        people.write_text("address,name,locale\nada@example.org,Ada,de\n")
        here.output("people", "import", str(people))
        assert send(here, "petition_update", "ada@example.org", UPDATE)["state"] == "handed"
        path = store.store_path(here.home)
        (mail,) = [store.mail(path, summary.id) for summary in store.outbox(path)]
        read = message_from_bytes(mail.content, policy=policy.default)
        link = read["List-Unsubscribe"].strip("<>")
        assert link.startswith(here.url("/public/unsubscribe/"))
        elsewhere = {"X-Forwarded-For": "203.0.113.9"}  # as through a proxy: nobody's own machine
        assert "Abbestellen" in httpx.get(link, headers=elsewhere).text
        assert send(here, "petition_update", "ada@example.org", UPDATE)["state"] == "handed"
        answer = httpx.post(link, data={"List-Unsubscribe": "One-Click"}, headers=elsewhere)
        assert (answer.status_code, answer.history) == (200, [])
        third = send(here, "petition_update", "ada@example.org", UPDATE)
        assert (third["state"], third["reason"]) == ("suppressed", "unwanted: petition_updates")
        reset = send(here, "password_reset", "ada@example.org", json.dumps({"link": "https://example.org/r"}))
        assert reset["state"] == "handed"
        assert here.stop() == 0


def test_an_address_that_is_gone_is_suppressed_and_one_refused_by_policy_is_not(tmp_path: Path) -> None:
    with site(tmp_path / "home", "nodes.count=1", "mta.behaviour=[]") as here:
        here.start()
        here.output("mta", "add", "--recipient", "gone@*", "--reply", "550 5.1.1 No such user")
        here.output("mta", "add", "--recipient", "blocked@*", "--reply", "550 5.7.1 Not from you")
        data = json.dumps({"link": "https://example.org/r"})
        for name in ("gone", "blocked"):
            assert send(here, "password_reset", f"{name}@example.org", data)["state"] == "failed"
        assert sorted(rule["used"] for rule in here.json("mta", "rules", "--json")) == [1, 1]
        assert here.json("mta", "clear", "--json") == []
        again = send(here, "password_reset", "gone@example.org", data)
        assert (again["state"], again["reason"]) == ("suppressed", "suppressed: hard_bounce")
        assert send(here, "password_reset", "blocked@example.org", data)["state"] == "handed"
        assert here.json("mta", "status", "--json")["refused"] == 2
        assert here.stop() == 0

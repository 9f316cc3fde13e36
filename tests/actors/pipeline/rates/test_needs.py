"""What is missing, and why, from the snapshot alone."""

from actors.pipeline.rates.needs import missing
from supervision import Actor, ChildSpec, Supervisor
from supervision.calls import TerminateChild
from supervision.testing import running
from supervision.verbs import Probe


def broken() -> str | None:
    raise RuntimeError("no route")


def test_each_need_that_is_not_met_says_why() -> None:
    pool = ChildSpec(id="pool", actor=Actor)
    with running(Supervisor.spec("database", [pool])) as run:
        needs = ("/database/pool", "/nobody", Probe("mta", lambda: "4 of 4 refuse"), Probe("dns", broken))
        faults = missing(run.system, needs)
        assert faults.keys() == {"/nobody", "mta", "dns"}
        assert faults["mta"] == "4 of 4 refuse"
        assert "no route" in faults["dns"]
        run.system.address("/database").call(TerminateChild("pool"))
        assert missing(run.system, needs)["/database/pool"].startswith("is stopped")


def test_nothing_needed_is_nothing_missing() -> None:
    with running() as run:
        assert missing(run.system, ()) == {}

"""`/healthz`, `/readyz` and `/metrics`: what a load balancer, an operator's script and Prometheus ask.

Runs on the web server's event loop; probes and collectors run in bounded threads. Not guaranteed: a probe that hangs
counts as "no answer" for this request and keeps its thread until it ends.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from actors.web.errors import WebError
from actors.web.work import Work
from supervision.metrics import collector
from supervision.node.metrics import WholeCollector
from supervision.tree import Row, State
from supervision.verbs import Probe, Site

PROBE_SECONDS = 2.0
NO_STORE = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class Finding:
    """What one probe said; `reason` is None when all is well."""

    name: str
    reason: str | None


def router(site: Site, work: Work) -> APIRouter:
    """The three routes for one running root."""
    routes = APIRouter(tags=["health"])
    probes = [probe for app in site.settings.apps for probe in (app.load("probes") or _none)(site)]
    registry = registry_of(site)

    @routes.get("/healthz", summary="Is the root supervisor running and does this process answer?")
    async def healthz() -> JSONResponse:
        root = site.system.tree.get("/")
        running = root is not None and root.state == State.RUNNING
        state = root.state if root else "unknown"
        return JSONResponse({"status": "ok" if running else state}, 200 if running else 503, NO_STORE)

    @routes.get("/readyz", summary="Does everything that the apps depend on work?")
    async def readyz() -> JSONResponse:
        findings = [children_of_root(site.system.tree.children("/"))]
        findings += await asyncio.gather(*(ask(probe, work) for probe in probes))
        return report(findings)

    @routes.get("/metrics", summary="Metrics in Prometheus' text format", response_class=Response)
    async def metrics(request: Request) -> Response:
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        text = await work.run(lambda: encode(registry), name="metrics")
        return Response(text, headers={**NO_STORE, "Content-Type": content_type})

    return routes


def registry_of(site: Site) -> CollectorRegistry:
    """The collectors of supervision and of every app, in a registry of this root's own."""
    registry = CollectorRegistry()
    registry.register(collector(site))
    for app in site.settings.apps:
        if app.metrics is not None:
            make = app.load("metrics")
            registry.register(WholeCollector(make(site), site.system, app.metrics))
    return registry


def children_of_root(rows: Iterable[Row]) -> Finding:
    """The tree's own probe: every child of the root runs."""
    down = [f"{row.path} is {row.state}" for row in rows if row.state != State.RUNNING]
    return Finding("tree", "; ".join(down) or None)


async def ask(probe: Probe, work: Work) -> Finding:
    """Run one probe; whatever it raises is its reason."""
    try:
        reason = await work.run(probe.check, name=f"probe {probe.name}", timeout_seconds=PROBE_SECONDS)
    except WebError as error:
        reason = str(error)
    except Exception as error:
        reason = f"the probe failed: {type(error).__name__}: {error}"
    return Finding(probe.name, reason)


def report(findings: list[Finding]) -> JSONResponse:
    """200 when nothing is missing, else 503; every probe is listed either way, what is missing comes first."""
    missing = [asdict(finding) for finding in findings if finding.reason is not None]
    document = {
        "status": "not ready" if missing else "ready",
        "missing": missing,
        "probes": [{"name": finding.name, "ok": finding.reason is None} for finding in findings],
    }
    return JSONResponse(document, 503 if missing else 200, NO_STORE)


def _none(site: Site) -> tuple[Probe, ...]:
    return ()

"""Every verb of every app over HTTP, for operators: the second door beside the control socket.

A verb `email.outbox` that only reads is `GET /api/email/outbox?limit=5`, one that changes something is a POST with a
JSON body. The parameters are checked by the verb's own model, so both doors refuse the same input. Runs on the web
server's event loop; verbs run in bounded threads with a deadline, quick ones (snapshots only) on the loop itself.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Request
from fastapi.responses import HTMLResponse

from actors.web.guard import OPERATOR
from actors.web.reference import page
from actors.web.style import PLAIN_PAGE_HEADERS
from actors.web.work import Work
from supervision.verbs import NoParams, Site, Verb, Verbs

PREFIX = "/api"
# The verbs that have a door of their own, because they are one thing that is listed, added to and cleared.
DOORS = {
    "fault.list": ("GET", "/faults"),
    "fault.add": ("POST", "/faults"),
    "fault.clear": ("DELETE", "/faults"),
    "fault.almost_kill": ("POST", "/faults/almost-kill"),
    "fault.orphans": ("GET", "/faults/orphans"),
}
ANSWERS: dict[int | str, dict[str, Any]] = {
    401: {"description": "no token, or not the right one"},
    422: {"description": "wrong parameters: a problem document that names the field"},
}


def router(site: Site, verbs: Verbs, work: Work) -> APIRouter:
    """`/api/...` for all verbs, `/api/openapi.json` and `/api/docs`."""
    routes = APIRouter(prefix=PREFIX, dependencies=[OPERATOR], responses=ANSWERS)
    for verb in verbs:
        mount(routes, verb, site, work)
    _mount_reference(routes)
    return routes


def mount(routes: APIRouter, verb: Verb, site: Site, work: Work) -> None:
    """One route for one verb."""
    method, path = door(verb)

    async def run(params: Any) -> Any:
        if verb.is_quick(site, params):
            return verb.run(site, params)
        return await work.run(lambda: verb.run(site, params), name=verb.name)

    routes.add_api_route(
        path,
        _endpoint(verb, run, in_body=method == "POST"),
        methods=[method],
        name=verb.name,
        summary=verb.doc or verb.name,
        tags=[verb.name.partition(".")[0]],
        response_model=None,
    )


def door(verb: Verb) -> tuple[str, str]:
    """Method and path: `GET /email/outbox` for `email.outbox`, POST for a verb that writes."""
    usual = ("POST" if verb.writes else "GET", "/" + verb.name.replace(".", "/"))
    return DOORS.get(verb.name, usual)


def _endpoint(verb: Verb, run: Any, in_body: bool) -> Any:
    """A function whose signature tells FastAPI where the parameters are and what they may be."""
    if verb.params is NoParams:

        async def endpoint() -> Any:
            return await run(NoParams())

        return endpoint

    async def endpoint_with_params(params: Any) -> Any:
        return await run(params)

    place = Body() if in_body else Query()
    endpoint_with_params.__annotations__["params"] = Annotated[verb.params, place]
    return endpoint_with_params


def _mount_reference(routes: APIRouter) -> None:
    @routes.get("/openapi.json", include_in_schema=False)
    async def openapi(request: Request) -> Any:
        return request.app.openapi()

    @routes.get("/docs", include_in_schema=False)
    async def docs(request: Request) -> HTMLResponse:
        return HTMLResponse(page(request.app.openapi()), headers=PLAIN_PAGE_HEADERS)

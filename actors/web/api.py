"""Every verb of every app over HTTP, for operators: the second door beside the control socket.

A verb `email.outbox` that only reads is `GET /api/email/outbox?limit=5`, one that changes something is a POST with a
JSON body. The parameters are checked by the verb's own model, so both doors refuse the same input. Runs on the web
server's event loop; verbs run in bounded threads with a deadline, quick ones (snapshots only) on the loop itself.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query
from fastapi.responses import HTMLResponse

from actors.web.guard import OPERATOR
from actors.web.reference import page
from actors.web.style import PLAIN_PAGE_HEADERS
from actors.web.work import Work
from supervision.verbs import NoParams, Site, Verb, Verbs

PREFIX = "/api"
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

    async def run(params: Any) -> Any:
        if verb.quick:
            return verb.run(site, params)
        return await work.run(lambda: verb.run(site, params), name=verb.name)

    routes.add_api_route(
        path_of(verb),
        _endpoint(verb, run),
        methods=["POST" if verb.writes else "GET"],
        name=verb.name,
        summary=verb.doc or verb.name,
        tags=[verb.name.partition(".")[0]],
        response_model=None,
    )


def path_of(verb: Verb) -> str:
    """`/email/outbox` for `email.outbox`."""
    return "/" + verb.name.replace(".", "/")


def _endpoint(verb: Verb, run: Any) -> Any:
    """A function whose signature tells FastAPI where the parameters are and what they may be."""
    if verb.params is NoParams:

        async def endpoint() -> Any:
            return await run(NoParams())

        return endpoint

    async def endpoint_with_params(params: Any) -> Any:
        return await run(params)

    place = Body() if verb.writes else Query()
    endpoint_with_params.__annotations__["params"] = Annotated[verb.params, place]
    return endpoint_with_params


def _mount_reference(routes: APIRouter) -> None:
    from fastapi import Request

    @routes.get("/openapi.json", include_in_schema=False)
    async def openapi(request: Request) -> Any:
        return request.app.openapi()

    @routes.get("/docs", include_in_schema=False)
    async def docs(request: Request) -> HTMLResponse:
        return HTMLResponse(page(request.app.openapi()), headers=PLAIN_PAGE_HEADERS)

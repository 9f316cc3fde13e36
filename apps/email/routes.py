"""The HTTP routes of the email app: events in, and the pages behind the links in its mails."""

from fastapi import APIRouter

from apps.email import intake
from apps.email.choices import routes as choices
from supervision.verbs import Site


def routes(site: Site) -> APIRouter:
    router = APIRouter()
    router.include_router(intake.routes(site))
    router.include_router(choices.routes(site))
    return router

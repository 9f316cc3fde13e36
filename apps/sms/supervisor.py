"""The hierarchy of the SMS app, readable as a page.

    /sms

Whatever dies is restarted alone: the parts find each other by path, and the deliveries of whoever died come back.
"""

from supervision import ChildSpec, Supervisor
from supervision.config import Settings

PATH = "/sms"


def supervisor(settings: Settings) -> ChildSpec:
    """`/sms` with everything below it."""
    children: list[ChildSpec] = []
    return Supervisor.spec("sms", children, intensity=5, period=30.0)

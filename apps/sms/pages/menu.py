"""The pages of the SMS app as the console's menu lists them. Runs in the web server actor's thread."""

from collections.abc import Sequence
from functools import partial

from actors.web.page import Page
from apps.sms.pages import broadcast_page, broadcasts_page, carriers_page, inbox_page, texts_page, thread_page
from apps.sms.pages.asking import Asking
from apps.sms.pages.lines import BROADCASTS, CARRIERS, TEXTS
from supervision.verbs import Site


def pages(site: Site) -> Sequence[Page]:
    """Texts, broadcasts and carriers in the menu; one leader, conversation and broadcast are reached from there."""
    asking = Asking(site)

    def inbox(leader: str, q: str = "") -> None:
        inbox_page.build(asking, leader, q)

    def thread(leader: str, number: str) -> None:
        thread_page.build(asking, leader, number)

    def broadcast(number: int) -> None:
        broadcast_page.build(asking, number)

    return [
        Page(TEXTS, "Texts", "sms", partial(texts_page.build, asking)),
        Page(BROADCASTS, "Broadcasts", "campaign", partial(broadcasts_page.build, asking)),
        Page(CARRIERS, "Carriers", "cell_tower", partial(carriers_page.build, asking)),
        Page(f"{TEXTS}/leaders/{{leader}}", "Texts", "sms", inbox, in_menu=False),
        Page(f"{TEXTS}/leaders/{{leader}}/{{number}}", "Conversation", "sms", thread, in_menu=False),
        Page(f"{BROADCASTS}/{{number}}", "Broadcast", "campaign", broadcast, in_menu=False),
    ]

"""The quarantine in a real browser: what a message brings along is text."""

from pathlib import Path

from playwright.sync_api import Page, expect

from actors.broker.message import Delivery, Message, Tag
from actors.database import Database
from actors.pipeline.connector.quarantine import store
from actors.pipeline.connector.quarantine.store import Held
from tests.actors.web.serving import serving
from tests.browser.conftest import log_in

APPS = ("actors.database", "actors.pipeline.connector", "apps.console")
HOSTILE = "<script>top.document.title = 'pwned'</script>"


def test_what_is_held_is_listed_and_shown_as_text(page: Page, tmp_path: Path) -> None:
    with serving(tmp_path, APPS) as served:
        delivery = Delivery(Tag(1, 1), Message(HOSTILE.encode(), "work"), "work", False, 0)
        with Database(served.running.system).begin() as conn:
            store.hold(conn, [Held(delivery, f"it killed {HOSTILE}", "Traceback\n  line 2", 3)], 1000.0)
        log_in(page, served, "/quarantine")
        expect(page.get_by_text(f"it killed {HOSTILE}")).to_be_visible()
        page.get_by_role("link", name="1", exact=True).click()
        expect(page.get_by_text("held, from work, attempt 1, 3 deaths")).to_be_visible()
        expect(page.get_by_text(HOSTILE, exact=True)).to_be_visible()
        expect(page.get_by_text("line 2")).to_be_visible()
        assert page.title() != "pwned"

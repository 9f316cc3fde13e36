"""Texts in a real browser: what members write is shown as they wrote it and can do nothing, and can be answered."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import insert

from actors.database import Database
from apps.sms.tables import texts
from tests.apps.sms.outbound.world import text
from tests.browser.conftest import log_in, open_page
from tests.browser.texting import ADA, BOB, LEADER, OURS, texting

HOSTILE = "<script>top.document.title='pwned'</script><img src=x onerror=\"top.document.title='pwned'\">{{ 7*7 }}"
ARABIC = "مرحبا، أين الأعشاش؟ 🐦"
INBOX, THREAD = f"/sms/leaders/{LEADER}", f"/sms/leaders/{LEADER}/{ADA}"


def test_a_conversation_is_seen_and_answered(page: Page, tmp_path: Path) -> None:
    with texting(tmp_path) as world:
        log_in(page, world.served, "/sms")
        expect(page.locator("tbody tr")).to_contain_text("Wren Rookery")
        world.joins(ADA, "Ada")
        world.says(ADA, "Where are the rooks?")
        expect(page.locator("tbody .rk-badge")).to_have_text("1")
        page.get_by_role("link", name="Wren Rookery").click()
        row = page.locator("tbody tr")
        expect(row).to_contain_text("Where are the rooks?")
        row.get_by_role("link", name="Ada").click()
        page.wait_for_url(world.served.url + THREAD)
        expect(page.locator("[data-text].rk-in").last).to_contain_text("Where are the rooks?")

        box = page.get_by_label("Text", exact=True)
        box.fill("In the elms, since Sunday")
        expect(page.get_by_text("GSM-7, 1 segment")).to_be_visible()
        page.get_by_role("button", name="Send").click()
        sent = page.locator("[data-text].rk-out").last
        expect(sent).to_contain_text("In the elms, since Sunday")
        expect(sent).to_contain_text("delivered")
        expect(box).to_have_value("")
        assert world.screen(ADA)[-1] == "In the elms, since Sunday"

        sent.get_by_role("button", name="Details").click()
        expect(page.locator(".q-dialog")).to_contain_text("sim")
        page.get_by_role("button", name="Close").click()
        page.get_by_role("button", name="Mark 1 as read").click()
        expect(page.get_by_role("button", name="Mark")).to_have_count(0)
        assert world.ask("sms.inbox", leader=LEADER, unread=True) == []
        page.context.close()


def test_an_answer_that_is_ready_is_filled_in_and_sent(page: Page, tmp_path: Path) -> None:
    with texting(tmp_path) as world:
        world.joins(ADA, "Ada")
        log_in(page, world.served, THREAD)
        page.get_by_role("button", name="Answers that are ready").click()
        page.get_by_text("thanks: Thank you, {name}!").click()
        page.locator(".q-dialog").get_by_role("button", name="Send").click()
        expect(page.locator("[data-text].rk-out").last).to_contain_text("Thank you, Ada!")
        page.context.close()


def test_hostile_and_foreign_texts_are_shown_as_they_are(page: Page, tmp_path: Path) -> None:
    with texting(tmp_path) as world:
        world.joins(ADA, HOSTILE)
        for body in (HOSTILE, ARABIC):
            world.says(ADA, body)
        world.until(lambda: world.ask("sms.inbox", leader=LEADER)[0]["unread"] == 2)
        for path in (INBOX, THREAD):
            page.goto(world.served.url + path) if path != INBOX else log_in(page, world.served, path)
            expect(page.get_by_text(ARABIC)).to_be_visible()
            expect(page.get_by_text(HOSTILE).first).to_be_visible()
            assert "pwned" not in page.title()
        bubble = page.locator("[data-text]").last.locator(".rk-plain")
        assert bubble.evaluate("element => getComputedStyle(element).direction") == "rtl"
        expect(page.get_by_role("heading", level=1)).to_contain_text("<script>")
        assert page.locator("main script, main img").count() == 0
        page.context.close()


def test_whoever_left_cannot_be_texted(page: Page, tmp_path: Path) -> None:
    with texting(tmp_path) as world:
        world.joins(ADA, "Ada")
        log_in(page, world.served, THREAD)
        expect(page.get_by_role("button", name="Send")).to_be_enabled()
        world.types(ADA, "STOP")
        expect(page.get_by_role("button", name="Send")).to_be_disabled()
        expect(page.locator("[data-text].rk-in").last).to_contain_text("opted out")
        page.context.close()


def test_search_and_what_nobody_has_read(page: Page, tmp_path: Path) -> None:
    with texting(tmp_path) as world:
        world.joins(ADA, "Ada")
        world.joins(BOB, "Bob")
        world.says(BOB, "A kestrel on the roof!")
        log_in(page, world.served, INBOX)
        expect(page.locator("tbody tr").first).to_contain_text("kestrel")
        page.get_by_role("switch", name="Unread only").click()
        expect(page.locator("tbody tr")).to_have_count(1)
        page.goto(world.served.url + INBOX)
        search = page.get_by_placeholder("Search in texts")
        search.fill("KESTREL")
        search.press("Enter")
        expect(page.locator("tbody tr")).to_have_count(1)
        expect(page.locator("tbody tr")).to_contain_text("Bob")
        page.context.close()


def test_a_long_conversation_is_shown_from_its_end(page: Page, tmp_path: Path) -> None:
    with texting(tmp_path) as world:
        world.joins(ADA, "Ada")
        now = datetime.now(UTC)
        rows = [text(ADA, f"no. {n}", leader=LEADER, ours=OURS, state="delivered", created_at=now) for n in range(150)]
        with Database(world.served.running.system).begin() as conn:
            conn.execute(insert(texts), rows)
        log_in(page, world.served, THREAD)
        bubbles = page.locator("[data-text]")
        expect(bubbles).to_have_count(100)
        expect(bubbles.last).to_contain_text("no. 149")
        expect(bubbles.last).to_be_in_viewport()
        page.get_by_role("button", name="Earlier texts").click()
        expect(bubbles).to_have_count(158)
        expect(bubbles.first).to_contain_text("hi")
        world.says(ADA, "And one more")
        expect(bubbles.last).to_contain_text("And one more")
        page.context.close()


def test_who_is_not_there(page: Page, tmp_path: Path) -> None:
    with texting(tmp_path) as world:
        log_in(page, world.served, "/sms/leaders/nobody")
        expect(page.get_by_text("there is no leader 'nobody'")).to_be_visible()
        page.goto(world.served.url + THREAD)
        expect(page.get_by_text(f"wren has no member {ADA}")).to_be_visible()
        page.context.close()


@pytest.mark.parametrize("path", ["/sms", INBOX, THREAD])
def test_nothing_sticks_out_on_a_telephone(browser: Browser, tmp_path: Path, path: str) -> None:
    page = open_page(browser, width=390)
    with texting(tmp_path) as world:
        world.joins(ADA, "A long name " * 8)
        world.says(ADA, "word" * 100)
        world.until(lambda: world.ask("sms.inbox", leader=LEADER)[0]["unread"] == 1)
        log_in(page, world.served, path)
        expect(page.get_by_text("Wren" if path == "/sms" else "wordword").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.context.close()

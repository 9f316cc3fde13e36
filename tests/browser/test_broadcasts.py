"""Broadcasts and carriers in a real browser: seen before they start, held while they run, books that balance."""

from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import log_in, open_page
from tests.browser.texting import ADA, BOB, LEADER, texting


def write(page: Page, template: str, *, spread_minutes: int = 0) -> None:
    """Fill in the form, as somebody who types."""
    page.get_by_role("button", name="New broadcast").click()
    page.get_by_label("Leader").click()
    page.get_by_role("option").filter(has_text=LEADER).click()
    page.get_by_role("textbox", name="Name").fill("Sunday walk")
    page.get_by_role("textbox", name="Template").fill(template)
    page.get_by_label("Spread").fill(str(spread_minutes))


def test_a_broadcast_is_previewed_and_started(page: Page, tmp_path: Path) -> None:
    with texting(tmp_path) as world:
        world.joins(ADA, "Ada")
        world.joins(BOB, "Олег")
        log_in(page, world.served, "/sms/broadcasts")
        write(page, "Hi {{ first_name }}, we walk “on Sunday”")
        page.get_by_role("button", name="Preview").click()
        form = page.get_by_role("region", name="New broadcast")
        expect(form).to_contain_text('Hi Ada, we walk "on Sunday"')
        expect(form.locator("tbody")).to_contain_text('“ → "')
        expect(form.locator("tbody")).to_contain_text("О")  # noqa: RUF001

        page.get_by_role("textbox", name="Template").fill("Hi {{ first_name }}, we walk on Sunday")
        expect(page.get_by_role("button", name="Start:")).to_have_count(0)
        page.get_by_role("button", name="Preview").click()
        page.get_by_role("button", name="Start: 2 texts, 2 segments").click()
        page.wait_for_url("**/sms/broadcasts/1")
        expect(page.get_by_text("finished")).to_be_visible()
        expect(page.get_by_text("2 = 2")).to_be_visible()
        assert world.screen(ADA)[-1] == "Hi Ada, we walk on Sunday"
        page.get_by_role("link", name="Broadcasts").first.click()
        expect(page.locator("tbody tr")).to_contain_text("Sunday walk")
        page.context.close()


def test_what_is_wrong_is_said_where_it_is_written(page: Page, tmp_path: Path) -> None:
    with texting(tmp_path) as world:
        log_in(page, world.served, "/sms/broadcasts")
        write(page, "Hi {{ first_name")
        page.get_by_role("button", name="Preview").click()
        expect(page.locator(".rk-order .rk-bad")).not_to_be_empty()
        page.get_by_role("textbox", name="Segment").fill('{"tag": ')
        page.get_by_role("button", name="Preview").click()
        expect(page.get_by_text("The segment is no JSON")).to_be_visible()
        assert world.ask("sms.broadcast.list") == []
        page.context.close()


def test_a_broadcast_is_held_and_taken_back(page: Page, tmp_path: Path) -> None:
    with texting(tmp_path) as world:
        world.joins(ADA, "Ada")
        world.joins(BOB, "Bob")
        log_in(page, world.served, "/sms/broadcasts")
        write(page, "<b>Hi</b> {{ first_name }}", spread_minutes=60)
        page.get_by_role("button", name="Preview").click()
        page.get_by_role("button", name="Start:").click()
        page.wait_for_url("**/sms/broadcasts/1")
        expect(page.get_by_text("<b>Hi</b>")).to_be_visible()
        page.get_by_role("button", name="Pause").click()
        page.get_by_label("Reason").fill("rain")
        page.locator(".q-dialog").get_by_role("button", name="Pause").click()
        expect(page.get_by_text("paused").first).to_be_visible()
        expect(page.get_by_text("rain")).to_be_visible()
        page.get_by_role("button", name="Resume").click()
        page.get_by_role("button", name="Cancel").click()
        page.get_by_role("button", name="Cancel the broadcast").click()
        expect(page.locator(".rk-bar").get_by_text("cancelled")).to_be_visible()
        expect(page.get_by_role("button", name="Pause")).to_have_count(0)
        books = world.ask("sms.broadcast.status", broadcast=1)["books"]
        assert books["balanced"] and books["cancelled"] >= 1
        page.context.close()


def test_a_carrier_is_paused_and_goes_on(page: Page, tmp_path: Path) -> None:
    with texting(tmp_path) as world:
        world.joins(ADA, "Ada")
        log_in(page, world.served, "/sms/carriers")
        card = page.locator("[data-carrier]")
        expect(card).to_contain_text("up")
        expect(page.get_by_role("region", name="Limits")).to_contain_text("partner: carrier sim")
        card.get_by_role("button", name="Pause").click()
        page.locator(".q-dialog").get_by_role("button", name="Pause").click()
        expect(card).to_contain_text("paused")
        # It is told at once; whoever hands texts over hears of it a moment later.
        authority = world.served.running.system.registry.running("/sms/outbound/authority")
        world.until(lambda: authority.paused)
        world.ask("sms.reply", leader=LEADER, number=ADA, body="Waits")
        lane = page.locator("tbody tr").filter(has_text="leader")
        expect(lane).to_contain_text("1")
        card.get_by_role("button", name="Resume").click()
        page.locator(".q-dialog").get_by_role("button", name="Resume").click()
        world.until(lambda: world.screen(ADA)[-1] == "Waits")
        expect(card).to_contain_text("up")
        page.context.close()


def test_nothing_sticks_out_on_a_telephone(browser: Browser, tmp_path: Path) -> None:
    with texting(tmp_path) as world:
        world.joins(ADA, "Ada")
        page = open_page(browser, width=390)
        log_in(page, world.served, "/sms/carriers")
        expect(page.locator("[data-carrier]")).to_contain_text("window in use")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.goto(world.served.url + "/sms/broadcasts")
        write(page, "word" * 60)
        page.get_by_role("button", name="Preview").click()
        page.get_by_role("button", name="Start:").click()
        page.wait_for_url("**/sms/broadcasts/1")
        expect(page.get_by_text("What was ordered")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.context.close()

"""The pages behind a mail's links in a real browser that runs no script."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from apps.email.letterhead.links import Stands
from tests.apps.email.choices.serving import pages
from tests.browser.conftest import PATIENCE_MS


def test_unsubscribing_and_choosing_without_javascript(browser: Browser, tmp_path: Path) -> None:
    with pages(tmp_path) as here:
        here.know("ada", "ada@example.org", "ar")
        context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 640})
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        token = here.token(Stands(person="ada", topic="petition_updates"))
        page.goto(f"{here.served.url}/public/unsubscribe/{token}")
        expect(page.locator("html")).to_have_attribute("dir", "rtl")
        assert here.said("ada") == {}
        page.get_by_role("button", name="إلغاء الاشتراك").click()
        expect(page.get_by_role("heading")).to_have_text("تم إلغاء اشتراكك.")
        assert here.said("ada") == {"petition_updates": False}
        page.get_by_role("link").click()
        box = page.get_by_label("أخبار العرائض")
        expect(box).not_to_be_checked()
        box.check()
        page.get_by_role("button", name="حفظ").click()
        expect(page.get_by_role("status")).to_be_visible()
        expect(page.get_by_label("أخبار العرائض")).to_be_checked()
        assert here.said("ada") == {"bulk": True, "petition_updates": True}
        context.close()

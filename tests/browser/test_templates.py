"""The page of templates in a real browser."""

from pathlib import Path

from playwright.sync_api import Page, expect

from supervision.app import App
from tests.actors.web.serving import serving
from tests.browser.conftest import log_in

EMAIL = App(name="email", config="apps.email.config:Email", pages="apps.email.pages:pages")
APPS = ("apps.console", f"{__name__}:EMAIL")


def test_a_template_is_shown_in_a_language_and_what_it_says_can_be_changed(page: Page, tmp_path: Path) -> None:
    with serving(tmp_path, APPS) as served:
        log_in(page, served, "/templates")
        page.goto(served.url + "/templates?template=petition_update&locale=de")
        expect(page.locator("iframe.rk-frame")).to_be_visible()
        frame = page.frame_locator("iframe.rk-frame")
        expect(frame.locator("html")).to_have_attribute("lang", "de")
        expect(frame.locator("body")).to_contain_text("12.345")
        said = page.locator("textarea")
        said.fill(said.input_value().replace("12345", "23456"))
        said.blur()
        expect(frame.locator("body")).to_contain_text("23.456")
        said.fill("{")
        said.blur()
        expect(page.locator(".rk-letter .rk-empty")).to_be_visible()

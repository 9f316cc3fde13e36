from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from supervision.events import ChildExited
from supervision.faults import FaultRule
from tests.actors.web.serving import serving
from tests.browser.conftest import log_in, open_page

CONSOLE = ("apps.console",)


def cell(page: Page, path: str, column: int) -> str:
    return page.locator(f'tr:has(td[data-path="{path}"]) td').nth(column).inner_text()


def incarnation(page: Page, path: str) -> int:
    return int(cell(page, path, 3))


def wait_for_incarnation(page: Page, path: str, number: int) -> None:
    expect(page.locator(f'tr:has(td[data-path="{path}"]) td').nth(3)).to_have_text(str(number), timeout=10_000)


def test_the_token_opens_the_console_and_nothing_else_does(page: Page, tmp_path: Path) -> None:
    with serving(tmp_path, CONSOLE) as served:
        page.goto(served.url + "/")
        page.get_by_label("Token").fill("wrong")
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("alert")).to_have_text("That is not the token.")
        page.get_by_label("Token").fill(served.token)
        page.get_by_role("button", name="Log in").click()
        expect(page).to_have_title("Tree - Rookery")
        expect(page.locator('td[data-path="/web/server"]')).to_be_visible()
        page.get_by_title("Log out").click()
        page.goto(served.url + "/")
        expect(page.get_by_label("Token")).to_be_visible()
        page.context.close()


def test_a_crash_shows_on_the_page_without_reloading_it(page: Page, tmp_path: Path) -> None:
    with serving(tmp_path, CONSOLE) as served:
        log_in(page, served)
        before = served.row("/echo").incarnation
        wait_for_incarnation(page, "/echo", before)
        page.evaluate("window.stayed = true")
        served.running.system.faults.enabled = True
        served.running.system.faults.add(FaultRule("crash", "/echo"))
        wait_for_incarnation(page, "/echo", served.restarted("/echo", before))
        assert "fault 1: crash /echo" in cell(page, "/echo", 7)
        assert page.evaluate("window.stayed")
        page.context.close()


def test_a_restart_by_button_after_a_question(page: Page, tmp_path: Path) -> None:
    with serving(tmp_path, CONSOLE) as served:
        log_in(page, served)
        before = served.row("/echo").incarnation
        wait_for_incarnation(page, "/echo", before)
        page.get_by_label("Restart /echo").click()
        page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        assert served.row("/echo").incarnation == before
        page.get_by_label("Restart /echo").click()
        page.get_by_role("button", name="Restart", exact=True).click()
        wait_for_incarnation(page, "/echo", served.restarted("/echo", before))
        assert page.get_by_label("Crash /echo").count() == 0
        page.context.close()


def test_a_crash_by_button_where_faults_are_enabled(page: Page, tmp_path: Path) -> None:
    with serving(tmp_path, CONSOLE) as served:
        served.running.system.faults.enabled = True
        log_in(page, served)
        page.get_by_label("Crash /echo").click()
        page.get_by_role("button", name="Crash it").click()
        exited = served.running.events.expect(ChildExited)
        assert exited.path == "/echo"
        page.context.close()


def test_the_page_comes_back_by_itself_after_the_web_server_restarted(page: Page, tmp_path: Path) -> None:
    with serving(tmp_path, CONSOLE) as served:
        log_in(page, served)
        page.get_by_label("Restart /web/server").click()
        before = served.row("/web/server").incarnation
        page.get_by_role("button", name="Restart", exact=True).click()
        wait_for_incarnation(page, "/web/server", served.restarted("/web/server", before))
        page.context.close()


def test_the_filter_keeps_what_matches(page: Page, tmp_path: Path) -> None:
    with serving(tmp_path, CONSOLE) as served:
        log_in(page, served)
        expect(page.locator("td[data-path]")).to_have_count(4)
        page.get_by_placeholder("Filter").fill("/web")
        expect(page.locator("td[data-path]")).to_have_count(2)
        page.context.close()


@pytest.mark.parametrize("width", [400, 1280])
def test_nothing_sticks_out_and_nobody_complains(browser: Browser, tmp_path: Path, width: int) -> None:
    page = open_page(browser, width)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    with serving(tmp_path, CONSOLE) as served:
        log_in(page, served)
        expect(page.locator('td[data-path="/web/server"]')).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert said == []
        page.context.close()


def test_light_and_dark(page: Page, tmp_path: Path) -> None:
    with serving(tmp_path, CONSOLE) as served:
        log_in(page, served)
        expect(page.locator("body")).to_contain_class("body--light")
        page.get_by_title("Theme: auto").click()
        expect(page.locator("body")).to_contain_class("body--dark")
        page.reload()
        expect(page.locator("body")).to_contain_class("body--dark")
        page.context.close()


def test_a_served_page_loads_from_nowhere_else(page: Page, tmp_path: Path) -> None:
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(request.url))
    with serving(tmp_path, CONSOLE) as served:
        log_in(page, served)
        expect(page.locator('td[data-path="/web/server"]')).to_be_visible()
        assert {url for url in asked if not url.startswith((served.url, "data:"))} == set()


def test_faults_in_force_are_ended_by_button(page: Page, tmp_path: Path) -> None:
    with serving(tmp_path, CONSOLE) as served:
        served.running.system.faults.enabled = True
        log_in(page, served)
        button = page.get_by_role("button", name="End all faults")
        expect(button).to_be_hidden()
        served.running.system.faults.add(FaultRule("crash", "/nobody"))
        button.click()
        expect(button).to_be_hidden()
        assert served.running.system.faults.entries() == []

"""The outbox in a real browser: a mail that wants to act cannot, and every script reads the way it should."""

import socket
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from actors.database import Database
from actors.smtp.mta.store import Incoming, Store, store_path
from apps.email import ledger
from apps.email.jobs import Job
from apps.email.states import State
from apps.email.trace import Trace
from supervision.app import App
from tests.actors.web.serving import serving
from tests.browser.conftest import log_in, open_page

EMAIL = App(name="email", tables="apps.email.tables:METADATA", pages="apps.email.pages:pages")
APPS = ("actors.database", "apps.console", f"{__name__}:EMAIL")
# Each of these would do or load something in a browser that let it.
HOSTILE = """
<html><head><title>x</title>
<meta http-equiv="refresh" content="0;url=ELSEWHERE/refresh">
<link rel="stylesheet" href="ELSEWHERE/style.css"><base href="ELSEWHERE/">
<script>top.document.title = "pwned"; new Image().src = "ELSEWHERE/script"</script></head>
<body onload="top.document.title = 'pwned'" background="ELSEWHERE/background.png">
<h1>Hello <b>Ada</b></h1>
<img src="ELSEWHERE/pixel.png"><img src="x" onerror="top.document.title = 'pwned'">
<svg onload="top.document.title = 'pwned'"></svg>
<iframe src="ELSEWHERE/frame"></iframe><object data="ELSEWHERE/object"></object>
<form action="ELSEWHERE/form" method="post"><input name="password"><button>Send</button></form>
<a href="ELSEWHERE/link" target="_top">Top</a> <a href="javascript:top.document.title='pwned'">Script</a>
<p style="background: url(ELSEWHERE/css.png)">The end</p></body></html>"""
#: A picture of three by two points.
DOT = b"GIF89a\x03\0\x02\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x03\0\x02\0\0\x02\x03\x84\x7f\x05\0;"
ARABIC = "إعادة تعيين كلمة المرور"


def letter(subject: str, text: str, markup: str, number: int = 1) -> Incoming:
    message = EmailMessage()
    message["From"] = "news@example.org"
    message["To"] = f"person{number}@example.org"
    message["Subject"] = subject
    message["Message-ID"] = f"<k{number}@example.org>"
    message.set_content(text)
    message.add_alternative(markup, subtype="html")
    return Incoming(time.time(), "news@example.org", (f"person{number}@example.org",), message.as_bytes())


def keep(home: Path, *mails: Incoming) -> None:
    store = Store(store_path(home), durable=False)
    store.add(mails)
    store.close()


@pytest.fixture
def elsewhere() -> Iterator[socket.socket]:
    """A server of somebody else's that would hear of whatever got out."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def test_a_hostile_mail_is_shown_and_can_do_nothing(page: Page, tmp_path: Path, elsewhere: socket.socket) -> None:
    markup = HOSTILE.replace("ELSEWHERE", f"http://127.0.0.1:{elsewhere.getsockname()[1]}")
    keep(tmp_path, letter("<script>top.document.title = 'pwned'</script>", "plain", markup))
    with serving(tmp_path, APPS) as served:
        log_in(page, served, "/outbox")
        page.get_by_text("<script>top.document.title").click()
        frame = page.frame_locator("iframe")
        expect(frame.locator("h1")).to_have_text("Hello Ada")
        expect(frame.get_by_text("The end")).to_be_visible()
        frame.get_by_role("button", name="Send").click()
        frame.get_by_text("Script").click()
        frame.get_by_text("Top").click()
        expect(frame.locator("h1")).to_have_text("Hello Ada")
        expect(page).to_have_title("Mail - Rookery")
        assert page.url == served.url + "/outbox/1"
        assert page.locator("iframe").get_attribute("sandbox") == ""
    with pytest.raises(BlockingIOError):
        elsewhere.accept()


def test_a_right_to_left_mail_reads_from_the_right(page: Page, tmp_path: Path) -> None:
    markup = f'<html dir="rtl" lang="ar"><body><p>{ARABIC}</p></body></html>'
    keep(tmp_path, letter(ARABIC, f"{ARABIC}\n\nhttps://example.org/r/1\n", markup))
    with serving(tmp_path, APPS) as served:
        log_in(page, served, "/outbox/1")
        heading = page.get_by_role("heading", name=ARABIC)
        assert heading.evaluate("element => getComputedStyle(element).direction") == "rtl"
        paragraph = page.frame_locator("iframe").get_by_text(ARABIC)
        assert paragraph.evaluate("element => getComputedStyle(element).direction") == "rtl"
        page.get_by_role("tab", name="Text").click()
        expect(page.locator(".q-tab-panel")).to_contain_text("https://example.org/r/1")
        page.context.close()


def test_a_picture_that_the_mail_carries_is_seen(page: Page, tmp_path: Path) -> None:
    message = EmailMessage()
    message["To"], message["Subject"] = "ada@example.org", "A picture"
    message.set_content("hello")
    message.add_alternative(
        '<p>Look</p><img src="cid:dot.gif" alt="a dot"><img src="cid:no" alt="none">', subtype="html"
    )
    part = list(message.iter_parts())[1]
    assert isinstance(part, EmailMessage)
    part.add_related(DOT, "image", "gif", cid="<dot.gif>")
    keep(tmp_path, Incoming(time.time(), "news@example.org", ("ada@example.org",), message.as_bytes()))
    with serving(tmp_path, APPS) as served:
        log_in(page, served, "/outbox/1")
        frame = page.frame_locator("iframe")
        expect(frame.get_by_text("Look")).to_be_visible()
        # A frame that may run no script tells the size of its pictures all the same.
        expect(frame.get_by_alt_text("a dot")).to_have_js_property("naturalWidth", 3)
        expect(frame.get_by_alt_text("none")).to_have_js_property("naturalWidth", 0)
        assert page.locator("iframe").get_attribute("sandbox") == ""
        page.context.close()


def test_source_and_headers(page: Page, tmp_path: Path) -> None:
    keep(tmp_path, letter(ARABIC, "hello", "<p>hello</p>"))
    with serving(tmp_path, APPS) as served:
        log_in(page, served, "/outbox/1")
        page.get_by_role("tab", name="Source").click()
        expect(page.locator(".q-tab-panel")).to_contain_text("Subject: =?utf-8?")
        page.get_by_role("tab", name="Headers").click()
        expect(page.locator(".q-tab-panel")).to_contain_text(ARABIC)
        page.context.close()


def test_the_decision_stands_beside_the_mail(page: Page, tmp_path: Path) -> None:
    keep(tmp_path, letter("Reset", "hello", "<p>hello</p>", number=7))
    with serving(tmp_path, APPS) as served:
        job = Job("k7", "password_reset", "/shop", "e1", "password_reset", "transactional", "ada", "ada@example.org")
        trace = Trace().note("locale", chain=["pt-BR", "pt", "en"], chosen="pt")
        with Database(served.running.system).begin() as conn:
            ledger.claim(conn, [ledger.Claim(job, "<k7@example.org>", "pt", trace)], "me", 1.0)
            ledger.settle(conn, [ledger.Result("k7", State.HANDED, code=250, trace=trace)], "me", 2.0)
        log_in(page, served, "/outbox")
        expect(page.locator("tbody tr").first).to_contain_text("handed")
        page.get_by_role("link", name="Reset").click()
        decision = page.locator("aside")
        expect(decision).to_contain_text("pt-BR → pt → en")
        expect(decision).to_contain_text("handed")
        page.context.close()


def test_a_mail_arrives_on_the_open_page(page: Page, tmp_path: Path) -> None:
    with serving(tmp_path, APPS) as served:
        log_in(page, served, "/outbox")
        expect(page.get_by_text("no mail yet")).to_be_visible()
        keep(tmp_path, letter("Just now", "hello", "<p>hello</p>"))
        expect(page.get_by_role("link", name="Just now")).to_be_visible()
        page.context.close()


def test_search_and_pages(page: Page, tmp_path: Path) -> None:
    keep(tmp_path, *(letter(f"Update {number}", "hello", "<p>hello</p>", number) for number in range(1, 61)))
    with serving(tmp_path, APPS) as served:
        log_in(page, served, "/outbox")
        expect(page.locator("tbody tr")).to_have_count(50)
        page.get_by_role("button", name="Older").click()
        expect(page.locator("tbody tr")).to_have_count(10)
        page.get_by_role("button", name="Newest").click()
        expect(page.locator("tbody tr")).to_have_count(50)
        search = page.get_by_placeholder("Address")
        search.fill("PERSON17@")
        search.press("Enter")
        expect(page.locator("tbody tr")).to_have_count(1)
        expect(page.locator("tbody tr")).to_contain_text("Update 17")
        page.context.close()


def test_a_mail_that_is_not_there(page: Page, tmp_path: Path) -> None:
    with serving(tmp_path, APPS) as served:
        log_in(page, served, "/outbox/99")
        expect(page.get_by_text("no mail number 99")).to_be_visible()
        page.context.close()


@pytest.mark.parametrize("path", ["/outbox", "/outbox/1"])
def test_nothing_sticks_out_on_a_telephone(browser: Browser, tmp_path: Path, path: str) -> None:
    page = open_page(browser, width=400)
    keep(tmp_path, letter("A long subject " * 12, "word" * 100, f"<p>{'word' * 100}</p>"))
    with serving(tmp_path, APPS) as served:
        log_in(page, served, path)
        expect(page.get_by_text("A long subject").first).to_be_visible()
        # As soon as it is laid out, which on a busy machine is later than that it is there.
        page.wait_for_function("document.documentElement.scrollWidth <= 400")
        page.context.close()

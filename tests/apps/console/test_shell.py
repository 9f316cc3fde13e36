"""The menu marks the page under which a visitor is."""

import pytest

from actors.web.page import Page
from apps.console.shell import nearest

MENU = tuple(Page(path, path, "", lambda: None) for path in ("/", "/sms", "/sms/broadcasts", "/outbox"))


@pytest.mark.parametrize(
    ("path", "marked"),
    [
        ("/", "/"),
        ("/sms", "/sms"),
        ("/sms/leaders/{leader}", "/sms"),
        ("/sms/broadcasts", "/sms/broadcasts"),
        ("/sms/broadcasts/{number}", "/sms/broadcasts"),
        ("/outbox/{number}", "/outbox"),
        ("/outboxes", None),
    ],
)
def test_it_is_the_longest_path_that_it_stands_below(path: str, marked: str | None) -> None:
    assert nearest(Page(path, "", "", lambda: None), MENU) == marked

"""What can be read off a mail's HTML: pictures and links. Pure; any thread."""

import re
from html.parser import HTMLParser

_LINK = re.compile(r"http://[^\s<>\"')\]]+")


class _Reader(HTMLParser):
    def __init__(self, markup: str) -> None:
        super().__init__()
        self.pictures: list[str] = []
        self.links: list[str] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "img" and given.get("alt") is None:
            self.pictures.append(given.get("src") or "(no src)")
        if tag in {"a", "area"} and (given.get("href") or "").lower().startswith("http:"):
            self.links.append(given["href"] or "")


def pictures_without_words(markup: str) -> list[str]:
    """The addresses of pictures without `alt`; an empty one says that a picture only decorates."""
    return list(dict.fromkeys(_Reader(markup).pictures))


def insecure_links(markup: str, text: str) -> list[str]:
    """Links that anybody on the way can read and change."""
    return list(dict.fromkeys([*_Reader(markup).links, *_LINK.findall(text)]))

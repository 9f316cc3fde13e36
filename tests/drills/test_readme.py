"""The README's tour, walked as it is printed: every command line in its fenced blocks runs against one real root."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT
from tests.drills.servers import unwell
from tests.drills.site import Site, eventually, site

README = (CHECKOUT / "README.md").read_text()
PEOPLE = "address,name,locale\nada@example.org,Ada Lovelace,en-GB\n"

pytestmark = pytest.mark.timeout(400)


def fenced_lines() -> Iterator[str]:
    """Lines of code, without comments; a line that ends with a backslash or an open quote goes on."""
    for block in re.findall(r"^```\n(.*?)^```", README, re.MULTILINE | re.DOTALL):
        line = ""
        for part in block.splitlines():
            line += part
            try:
                words = shlex.split(line, comments=True)
            except ValueError:
                line = line.removesuffix("\\") + " "
                continue
            yield shlex.join(words)
            line = ""


def commands() -> list[list[str]]:
    """The words of each `rookery` line, up to a pipe."""
    lines = (shlex.split(line) for line in fenced_lines())
    return [words[: words.index("|") if "|" in words else None] for words in lines if words[:1] == ["rookery"]]


def event_for_curl() -> str:
    (words,) = (words for line in fenced_lines() if (words := shlex.split(line))[0] == "curl")
    return words[words.index("-d") + 1]


def make_targets() -> set[str]:
    return {words[1] for line in fenced_lines() if (words := shlex.split(line))[:1] == ["make"]}


def test_the_make_targets_exist() -> None:
    known = set(re.findall(r"^([a-z-]+):.*## ", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
    assert {"run", "test"} <= make_targets() <= known


@pytest.mark.parametrize("on", ["embedded", "servers"])
def test_the_tour_works_line_by_line(tmp_path: Path, on: str, vhost: str, postgres_url: str) -> None:
    (tmp_path / "people.csv").write_text(PEOPLE)
    servers = (f"broker.url={vhost}", f"database.url={postgres_url}") if on == "servers" else ()
    with site(tmp_path / "home", *servers) as here:
        here.start()
        eventually(lambda: unwell(here) == {}, 30.0, "everybody is up")
        walked = [" ".join(walk(here, words[1:])) for words in commands()]
        posted = here.post("/events", event_for_curl().encode(), "application/cloudevents+json")
        assert here.stop() == 0
    assert posted.status_code == 202
    assert len(walked) >= 12, walked


def walk(here: Site, words: list[str]) -> list[str]:
    if "KEY" in words:
        eventually(here.arrived, 20.0, "the mail that the tour sent")
        words = [next(iter(here.copies())) if word == "KEY" else word for word in words]
    here.output(*words)
    if words[:3] == ["sms", "phone", "text"]:
        eventually(lambda: words[-1] in read_by_wren(here, words[3]), 20.0, "the hub has seen the text")
    return words


def read_by_wren(here: Site, number: str) -> str:
    """The tour's leader's thread with a member; nothing before there is one."""
    known = {one["number"] for one in json.loads(here.output("sms", "member", "list", "wren", "--json"))}
    return here.output("sms", "thread", "wren", number, "--json") if number in known else ""

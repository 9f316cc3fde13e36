import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from supervision.control import NoRoot, RemoteError
from supervision.top.screen import MAX_LINES, Top
from tests.supervision.test_render import TREE, row

ROWS = [row("/", "supervisor"), row("/a", restarts=1), row("/b"), row("/c")]


class FakeRoot:
    """Answers as told, and notes what it was asked to do."""

    def __init__(self) -> None:
        self.rows = [{**one, "handled": 0} for one in ROWS]
        self.faults_enabled = True
        self.gone = False
        self.orders: list[tuple[str, dict[str, Any]]] = []
        self.looks = threading.Semaphore(0)

    def call(self, verb: str, /, timeout: float = 30.0, **params: Any) -> Any:
        if self.gone:
            self.looks.release()
            raise NoRoot("no root is running in var")
        if verb == "tree":
            answer = {**TREE, "rows": self.rows, "faults_enabled": self.faults_enabled}
            self.looks.release()
            return answer
        self.orders.append((verb, params))
        match verb:
            case "info":
                return {**self.row(params["path"]), "instruments": None, "stack": "File here, line 1\n"}
            case "state":
                return {"state": {"count": 3}}
            case "restart":
                raise RemoteError({"detail": "the root itself", "type": "Refusal", "title": "Refused", "status": 409,
                                   "exit_code": 1})  # fmt: skip
            case "fault.add":
                return {"id": 1}
        return {"path": params["path"]}

    def row(self, path: str) -> dict[str, Any]:
        return next(one for one in self.rows if one["path"] == path)


def drive(root: FakeRoot, script: Callable[[Top, Pilot[None]], Awaitable[None]]) -> None:
    async def run() -> None:
        top = Top(root, window_seconds=5.0, interval_seconds=0.25)
        async with top.run_test(size=(140, 30)) as pilot:
            await until(pilot, lambda: bool(top.frame.lines))
            await script(top, pilot)

    asyncio.run(run())


async def until(pilot: Pilot[None], so: Callable[[], bool]) -> None:
    for _ in range(500):
        if so():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("not within 5 s")


def shown(top: Top, column: int = 0) -> list[str]:
    table = top.table
    return [str(table.get_cell_at((number, column))) for number in range(table.row_count)]  # type: ignore[arg-type]


def header(top: Top) -> str:
    return str(top.header.content)


def test_the_tree_is_shown_and_follows_the_root() -> None:
    root = FakeRoot()

    async def script(top: Top, pilot: Pilot[None]) -> None:
        assert shown(top) == ["/", "├─ a", "├─ b", "└─ c"]
        assert header(top).startswith("/srv/var (pid 7): 3 processes")
        await pilot.press("down", "down")
        root.rows = [*root.rows[:1], *root.rows[2:], {**row("/d", state="backoff"), "handled": 0}]
        await until(pilot, lambda: shown(top) == ["/", "├─ b", "├─ c", "└─ d"])
        assert top.path == "/b"  # the cursor stays with its child
        root.rows = [*root.rows[:3], {**row("/d", state="running", restarts=9), "handled": 0}]
        await until(pilot, lambda: shown(top, 4)[3] == "9")
        assert shown(top, 1)[3] == "running"

    drive(root, script)


def test_a_root_that_goes_away_is_waited_for() -> None:
    root = FakeRoot()

    async def script(top: Top, pilot: Pilot[None]) -> None:
        root.gone = True
        await until(pilot, lambda: header(top) == "no root is running in var; waiting for it")
        assert shown(top) == ["/", "├─ a", "├─ b", "└─ c"]
        assert top.table.has_class("gone")
        root.gone = False
        await until(pilot, lambda: header(top).startswith("/srv/var"))
        assert not top.table.has_class("gone")

    drive(root, script)


def test_a_child_can_be_looked_into() -> None:
    root = FakeRoot()

    async def script(top: Top, pilot: Pilot[None]) -> None:
        for key in ("i", "enter"):
            top.table.move_cursor(row=1)
            await pilot.press(key)
            await until(pilot, lambda: len(top.screen_stack) == 2 and bool(top.screen.query("#page")))
            text = str(top.screen.query_one("#page", Static).content)
            assert "path:               /a" in text
            assert 'inside:             {"count": 3}' in text
            assert text.endswith("stack:\nFile here, line 1")
            await pilot.press("escape")
            await until(pilot, lambda: len(top.screen_stack) == 1)

    drive(root, script)


def test_orders_go_to_the_line_under_the_cursor() -> None:
    root = FakeRoot()

    async def script(top: Top, pilot: Pilot[None]) -> None:
        await pilot.press("down", "s")
        await until(pilot, lambda: root.orders == [("suspend", {"path": "/a"})])
        root.rows[1] = {**root.rows[1], "suspended": True}
        await until(pilot, lambda: shown(top, 1)[1] == "suspended")
        await pilot.press("s")
        await until(pilot, lambda: root.orders[-1] == ("resume", {"path": "/a"}))
        await pilot.press("r")  # refused, which is told and changes nothing
        await until(pilot, lambda: any(note.title == "Refused" for note in top._notifications))
        assert root.orders[-1] == ("restart", {"path": "/a"})

    drive(root, script)


@pytest.mark.parametrize(("key", "struck"), [("y", True), ("n", False), ("enter", False)])
def test_a_crash_is_injected_only_after_a_yes(key: str, struck: bool) -> None:
    root = FakeRoot()

    async def script(top: Top, pilot: Pilot[None]) -> None:
        await pilot.press("down", "f")
        await until(pilot, lambda: len(top.screen_stack) == 2 and bool(top.screen.query("#question")))
        assert str(top.screen.query_one("#question", Static).content) == "Crash /a? (y/n)"
        await pilot.press(key)
        await until(pilot, lambda: len(top.screen_stack) == 1)
        if struck:
            await until(pilot, lambda: bool(root.orders))
        assert root.orders == ([("fault.add", {"kind": "crash", "pattern": "/a"})] if struck else [])

    drive(root, script)


def test_without_faults_there_is_no_crash_to_inject() -> None:
    root = FakeRoot()
    root.faults_enabled = False

    async def script(top: Top, pilot: Pilot[None]) -> None:
        await pilot.press("f")
        await pilot.pause()
        assert len(top.screen_stack) == 1
        assert "f" not in {binding.binding.key for binding in top.active_bindings.values() if binding.enabled}

    drive(root, script)


def test_lines_can_be_sorted_and_filtered() -> None:
    root = FakeRoot()

    async def script(top: Top, pilot: Pilot[None]) -> None:
        await pilot.press(*"oooo")
        assert shown(top)[0] == "/a"  # most restarts
        await pilot.press("O")
        assert shown(top)[-1] == "/a"
        await pilot.press(*["o"] * 7)
        assert shown(top) == ["/", "├─ a", "├─ b", "└─ c"]
        await pilot.press("slash", "b", "enter")
        assert shown(top) == ["/b"]
        await pilot.press("escape")
        assert len(shown(top)) == 4

    drive(root, script)


def test_q_ends_it() -> None:
    async def script(top: Top, pilot: Pilot[None]) -> None:
        await pilot.press("q")
        await until(pilot, lambda: not top.is_running)

    drive(FakeRoot(), script)


def test_of_very_many_children_the_first_are_shown_and_all_can_be_found() -> None:
    root = FakeRoot()
    root.rows += [{**row(f"/many-{number}", restarts=number), "handled": 0} for number in range(MAX_LINES + 10)]

    async def script(top: Top, pilot: Pilot[None]) -> None:
        assert top.table.row_count == MAX_LINES
        assert header(top).endswith(", 14 lines left out: filter with /")
        top.filter.value = f"many-{MAX_LINES + 9}"
        await until(pilot, lambda: shown(top) == [f"/many-{MAX_LINES + 9}"])
        assert not header(top).endswith("filter with /")

    drive(root, script)

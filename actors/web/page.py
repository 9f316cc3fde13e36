"""A page of the console, as an app's record declares it. Without NiceGUI: a root without a console never loads it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Page:
    """One entry of the console's menu.

    Attributes:
        path: where it is served, "/" or "/name"; `{id}` in it becomes an argument of `build`.
        title: in the menu and in the browser's tab.
        icon: a Material icon's name.
        build: draws the page with `nicegui.ui` inside the console's frame. It runs on the web server's event loop for
            every visitor, so it may not block: slow reads go through `actors.web.work.Work.run`. Its parameters are
            filled from the path and the query.
        in_menu: False for a page that is reached from another one.
    """

    path: str
    title: str
    icon: str
    build: Callable[..., object]
    in_menu: bool = True

"""What several pages draw: titles, figures, tables, states, bars. Runs on the web server's event loop."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nicegui import ui

from apps.sms.pages.lines import percent, tone, words

#: A cell with a state, for tables whose rows have `state` and `tone`.
STATE = """
<q-td :props="props">
  <span :class="['rk-state', 'rk-' + props.row.tone]">{{ props.row.state.replaceAll('_', ' ') }}</span>
</q-td>"""


def title(text: str) -> ui.label:
    return ui.label(text).classes("rk-title").props('role="heading" aria-level="1" dir="auto"')


def heading(text: str) -> ui.label:
    return ui.label(text).classes("rk-heading").props('role="heading" aria-level="2"')


def trail(*steps: tuple[str, str]) -> None:
    """(name, path) of the pages above this one."""
    for name, path in steps:
        ui.link(name, path)
        ui.label("/").classes("rk-soft")


def plain(text: str, classes: str = "") -> ui.label:
    """Text as it stands, each paragraph in its own direction."""
    return ui.label(text).classes(f"rk-plain {classes}").props('dir="auto"')


def state(name: str) -> ui.label:
    return ui.label(words(name)).classes(f"rk-state rk-{tone(name)}")


def column(name: str, label: str, classes: str = "", align: str = "left") -> dict[str, Any]:
    return {"name": name, "label": label, "field": name, "align": align, "classes": classes, "headerClasses": classes}


def table(columns: Sequence[dict[str, Any]], key: str, nothing: str, slots: Mapping[str, str]) -> ui.table:
    """`slots` draw the cells of some columns. What rows hold is shown as text."""
    drawn = ui.table(columns=list(columns), rows=[], row_key=key, pagination=0).classes("rk-table")
    drawn.props(f'dense flat hide-bottom no-data-label="{nothing}"')
    for name, slot in slots.items():
        drawn.add_slot(f"body-cell-{name}", slot)
    return drawn


def fill(drawn: ui.table, rows: list[dict[str, Any]]) -> None:
    """Only what changed travels."""
    if rows != drawn.rows:
        drawn.rows = rows


def figures(place: ui.element, shown: Iterable[tuple[str, str]], alerts: Iterable[str] = ()) -> None:
    """(name, value) each; those in `alerts` are for somebody to look at."""
    place.clear()
    watched = set(alerts)
    with place:
        for name, value in shown:
            with ui.element("div").classes("rk-figure" + (" rk-alert" if name in watched else "")):
                ui.label(value).classes("rk-value")
                ui.label(name).classes("rk-name-of")


def bar(part: float, whole: float, name: str, classes: str = "") -> None:
    """How much of a whole, as a bar that says it in words as well."""
    share = percent(part, whole)
    meter = ui.element("div").classes("rk-meter")
    meter.props(f'role="meter" aria-valuemin="0" aria-valuemax="{whole:g}" aria-valuenow="{part:g}"')
    meter.props["aria-label"] = name
    with meter:
        ui.element("span").classes(classes or ("rk-full" if share >= 98 else "")).style(f"width: {share}%")


def facts(pairs: Iterable[tuple[str, object]]) -> None:
    """Those that are known."""
    with ui.element("dl").classes("rk-facts"):
        for name, value in pairs:
            if value in (None, "", [], {}):
                continue
            for tag, text in (("dt", name), ("dd", str(value))):
                with ui.element(tag).props('dir="auto"'):
                    ui.label(text)

"""Texts: the leaders with what their members wrote, and what waits for the hub. Runs on the web server's event loop."""

from nicegui import ui

from apps.sms.pages.asking import Asking, kept_fresh
from apps.sms.pages.drawing import column, figures, fill, table, title
from apps.sms.pages.lines import count, leader_line, span

#: All members are counted each time.
REFRESH_SECONDS = 3.0
COLUMNS = [
    column("name", "Leader"),
    column("unread", "Unread", align="right"),
    column("waiting", "Waits for the hub", "rk-medium"),
    column("members", "Members", align="right"),
    column("asked", "Signing up", "rk-medium", "right"),
    column("left", "Left", "rk-medium", "right"),
    column("numbers", "Numbers", "rk-medium"),
]
NAME = """
<q-td :props="props">
  <a :href="props.row.link" class="rk-subject" dir="auto">{{ props.row.name }}</a>
  <span class="rk-soft rk-beside rk-medium">{{ props.row.id }}</span>
  <div class="rk-small">{{ props.row.numbers }}<br v-if="props.row.waiting">{{ props.row.waiting }}</div>
</q-td>"""
UNREAD = """
<q-td :props="props">
  <span v-if="props.row.unread" class="rk-badge">{{ props.row.unread }}</span>
  <span v-if="props.row.unread" class="rk-soft rk-beside rk-medium">in {{ props.row.threads }}</span>
</q-td>"""


def build(asking: Asking) -> None:
    """The figures of all leaders, and a line for each."""
    with ui.element("div").classes("rk-bar"):
        title("Texts")
        fault = ui.label().classes("rk-soft")
    place = ui.element("section").classes("rk-figures").props('aria-label="Summary"')
    leaders = table(COLUMNS, "id", "No leader yet: rookery sms demo-leader", {"name": NAME, "unread": UNREAD})

    async def refresh() -> None:
        found = await asking.ask("sms.overview")
        oldest = max((one["oldest_seconds"] for one in found), default=0.0)
        shown = {
            "leaders": count(len(found)),
            "members": count(sum(one["joined"] for one in found)),
            "signing up": count(sum(one["asked"] for one in found)),
            "unread": count(sum(one["unread"] for one in found)),
            "waiting for the hub": count(sum(one["waiting"] for one in found)),
            "oldest of them": span(oldest) or "-",
        }
        figures(place, shown.items(), ("oldest of them",) if oldest > 10 else ())
        fill(leaders, [leader_line(one) for one in found])

    kept_fresh(refresh, fault, REFRESH_SECONDS)

"""Broadcasts: those there are, the latest first, and a form for the next. Runs on the web server's event loop."""

from datetime import UTC, datetime

from nicegui import ui

from apps.sms.pages.asking import Asking, kept_fresh
from apps.sms.pages.drawing import STATE, column, fill, table, title
from apps.sms.pages.lines import broadcast_line
from apps.sms.pages.ordering import Order

REFRESH_SECONDS = 4.0
SHOWN = 25
COLUMNS = [
    column("name", "Broadcast"),
    column("leader", "Leader", "rk-medium"),
    column("state", "State"),
    column("start", "Begins (UTC)", "rk-medium"),
    column("targeted", "Targeted", "rk-medium", "right"),
    column("left", "Done", align="right"),
    column("delivered", "Delivered", "rk-medium", "right"),
    column("wrong", "Not, or in doubt", "rk-medium", "right"),
]
NAME = """
<q-td :props="props">
  <a :href="props.row.link" class="rk-subject" dir="auto">{{ props.row.name }}</a>
  <span v-if="props.row.unbalanced" class="rk-bad rk-beside">does not balance</span>
  <div class="rk-small">{{ props.row.leader }}, {{ props.row.targeted }} targeted<br>{{ props.row.start }}</div>
</q-td>"""


def build(asking: Asking) -> None:
    """The list keeps itself fresh; the form opens on demand."""
    with ui.element("div").classes("rk-bar"):
        title("Broadcasts")
        fault = ui.label().classes("rk-soft")
        ui.element("span").classes("rk-grow")
        opens = ui.button("New broadcast", icon="add").props("unelevated no-caps")
    order = Order(asking)
    order.place.set_visibility(False)
    found = table(COLUMNS, "id", "No broadcast yet", {"name": NAME, "state": STATE})

    async def refresh() -> None:
        now = datetime.now(UTC)
        fill(found, [broadcast_line(one, now) for one in await asking.ask("sms.broadcast.list", limit=SHOWN)])

    async def begin() -> None:
        order.place.set_visibility(not order.place.visible)
        await order.fill()

    opens.on_click(begin)
    kept_fresh(refresh, fault, REFRESH_SECONDS)

"""The form that starts a broadcast: what it would be is shown first, and only that can be confirmed.

Runs on the web server's event loop. Whatever is changed after a preview takes the preview away.
"""

import json
from typing import Any

from nicegui import ui

from apps.sms.pages.asking import Asking, told
from apps.sms.pages.drawing import column, facts, figures, fill, heading, plain, table
from apps.sms.pages.lines import CODINGS, broadcast_link, count, culprits, local_time, readable
from supervision.errors import RookeryError

#: Of the language of segments, see `apps.sms.broadcast.segment`.
EXAMPLES = (
    ("{}", "all who joined"),
    ('{"tag": ["vip", "press"]}', "who has one of these tags"),
    ('{"place": "Leeds"}', "where they said they live"),
    ('{"country": ["GB", "IE"]}', "of their number, or as they said"),
    ('{"language": "en"}', "the language they read in"),
    ('{"age": {"at_least": 18, "at_most": 30}}', "who surely is"),
    ('{"active": {"within_days": 30}}', "who wrote lately"),
    ('{"joined": {"within_days": 7}}', "who joined lately"),
    ('{"answered": {"name": "bird", "is": ["wren"]}}', "who answered a question so"),
    ('{"answered": "bird"}', "who answered it at all"),
    ('{"all": [{"tag": "vip"}, {"not": {"country": "US"}}]}', "and, or (any), not"),
)
FIELDS = (
    "{{ first_name }}, {{ first_name | default('friend') }}, {{ name }}, {{ place }}, {{ country }}, {{ leader }}, "
    "{{ answers.bird }}"
)


class Order:
    """The form, and below it the preview."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._ready: dict[str, Any] | None = None
        #: Grows whenever the form changes: a preview that comes later is of another form.
        self._version = 0
        self.place = ui.element("section").classes("rk-card rk-order").props('aria-label="New broadcast"')
        with self.place:
            with ui.element("div").classes("rk-form"):
                self.leader = ui.select({}, label="Leader", on_change=self._changed)
                self.name = ui.input("Name", on_change=self._changed).props("maxlength=200")
                self.template = ui.textarea("Template", on_change=self._changed).props('autogrow dir="auto"')
                self.segment = ui.textarea("Segment", value="{}", on_change=self._changed).props("autogrow")
                self.start_at = ui.input("Not before (UTC); now if empty", on_change=self._changed)
                self.start_at.props('type="datetime-local" stack-label')
                self.spread = ui.number("Spread over minutes", value=0, min=0, on_change=self._changed)
            for field in (self.leader, self.name, self.template, self.segment, self.start_at, self.spread):
                field.props("outlined dense")
            self.template.classes("rk-wider")
            self.segment.classes("rk-wider rk-code")
            _help()
            with ui.element("div").classes("rk-bar"):
                self._preview = ui.button("Preview", icon="preview", on_click=self._show).props("unelevated no-caps")
                self._fault = ui.label().classes("rk-bad rk-plain")
            self._place = ui.element("div")

    async def fill(self) -> None:
        """The leaders to choose from."""
        try:
            found = await self._asking.ask("sms.leaders")
        except RookeryError as error:
            self._fault.set_text(told(error))
            return
        self.leader.set_options({one["id"]: f"{one['name']} ({one['id']})" for one in found})

    def _changed(self) -> None:
        self._version += 1
        self._ready = None
        self._place.clear()
        self._fault.set_text("")

    async def _show(self) -> None:
        self._changed()
        version = self._version
        self._preview.props("loading")
        try:
            wanted = self._wanted()
            found = await self._asking.ask("sms.broadcast.preview", **wanted)
        except (RookeryError, ValueError) as error:
            self._fault.set_text(told(error) if isinstance(error, RookeryError) else str(error))
            return
        finally:
            self._preview.props(remove="loading")
        if version != self._version:
            return
        self._ready = wanted
        with self._place:
            draw(found)
            with ui.element("div").classes("rk-bar"):
                name = f"Start: {count(found['texts'])} texts, {count(found['segments'])} segments"
                button = ui.button(name, icon="campaign").props("unelevated no-caps")
                button.on_click(lambda: self._start(button))
                button.set_enabled(found["texts"] > 0)

    def _wanted(self) -> dict[str, Any]:
        """What the verbs take. Raises ValueError for what no verb would understand."""
        if not self.leader.value or not (self.template.value or "").strip():
            raise ValueError("Choose a leader and write a template.")
        try:
            segment = json.loads(self.segment.value or "{}")
        except json.JSONDecodeError as error:
            raise ValueError(f"The segment is no JSON: {error}") from error
        return {
            "leader": self.leader.value,
            "template": self.template.value,
            "segment": segment,
            "start_at": local_time(self.start_at.value),
            "spread_seconds": round(60 * (self.spread.value or 0)),
        }

    async def _start(self, button: ui.button) -> None:
        if self._ready is None:
            return
        button.set_enabled(False)
        name = (self.name.value or "").strip() or "without a name"
        started = await self._asking.order("sms.broadcast.start", "started", name=name, **self._ready)
        if started is not None:
            ui.navigate.to(broadcast_link(started["id"]))


def draw(found: dict[str, Any]) -> None:
    """A preview: figures, what makes it dear, samples."""
    heading("What it would be")
    shown = {
        "members": count(found["members"]),
        "texts": count(found["texts"]),
        "segments": count(found["segments"]),
        "longest": count(found["longest"]),
        "cost": f"{found['cost']:,.2f}",
        **{f"in {CODINGS[coding]}": count(texts) for coding, texts in found["codings"].items()},
    }
    figures(ui.element("section").classes("rk-figures"), shown.items())
    finish = found["finish_at"][:19].replace("T", " ")
    facts([("done by about", f"{finish} UTC"), ("decided by the limit", found["limit"])])
    for reason, texts in found["skipped"].items():
        facts([("skipped", f"{count(texts)}: {readable(reason)}")])
    if found["flips"]:
        heading("What makes texts UCS-2")
        columns = [column("field", "Field"), column("texts", "Texts", align="right")]
        columns.append(column("characters", "Characters → what could stand there", "rk-breaks"))
        fill(table(columns, "field", "", {}), culprits(found["flips"]))
    heading("Samples")
    with ui.element("div").classes("rk-samples"):
        for sample in found["samples"]:
            with ui.element("div").classes("rk-bubble rk-out"):
                plain(readable(sample))


def _help() -> None:
    with ui.expansion("How to write template and segment", icon="help_outline").classes("rk-help").props("dense"):
        facts([("fields of the template", FIELDS)])
        with ui.element("dl").classes("rk-facts"):
            for written, meaning in EXAMPLES:
                with ui.element("dt"), ui.element("code"):
                    ui.label(written)
                with ui.element("dd"):
                    ui.label(meaning)

"""What can be wrong with an event, a template or a mail. Each error names the field, the template or the header."""

from collections.abc import Iterable

from supervision.errors import RookeryError


class EmailError(RookeryError):
    """Root of everything the email app says to people."""

    title = "The mail cannot be made"
    status = 422
    exit_code = 65


class InvalidEvent(EmailError):
    """The event is not accepted; `field` says which part of it is wrong. Nothing was queued or sent."""

    title = "The event is not valid"
    status = 400


class UnknownEventType(InvalidEvent):
    """No rule under `email.rules` is for this type of event."""

    title = "No rule for this type of event"


class UnsupportedContent(InvalidEvent):
    """The body is not a CloudEvent in JSON."""

    title = "The body is not a CloudEvent in JSON"
    status = 415


class EventTooLarge(InvalidEvent):
    """The body is over `email.max_body_bytes`."""

    title = "The event is too large"
    status = 413


class UnknownLocale(InvalidEvent):
    """The tag is not a well-formed BCP 47 tag, or its language, script or region is unknown to CLDR."""

    title = "The locale is not known"


class TemplateError(EmailError):
    """A template cannot be used as it is; `template` and `locale` say which one."""

    title = "The template cannot be rendered"

    def __init__(self, template: str, locale: str, message: str, *, field: str | None = None) -> None:
        super().__init__(f"template {template!r}, locale {locale!r}: {message}", field=field)
        self.template = template
        self.locale = locale


class MissingVariables(TemplateError):
    """The template needs variables that the event does not carry; `variables` are their names."""

    title = "The template lacks variables"

    def __init__(self, template: str, locale: str, variables: Iterable[str]) -> None:
        self.variables = tuple(variables)
        names = ", ".join(repr(name) for name in self.variables)
        field = ", ".join(f"data.{name}" for name in self.variables)
        super().__init__(template, locale, f"needs {names}; put it into the event's data", field=field)


class UnknownTemplate(TemplateError):
    """No folder of that name on the search path, or it lacks `subject.txt` or `body.txt`."""


class HeaderRefused(EmailError):
    """A header's value holds a line break or another control character, or an address is malformed."""

    title = "A header cannot carry this value"

    def __init__(self, header: str, message: str) -> None:
        super().__init__(f"{header}: {message}", field=header)
        self.header = header

"""What the email app needs of the outside world, tried by `rookery check` with nothing started: its mail server."""

from collections.abc import Sequence
from functools import partial

from actors.smtp import MailUrl, Timeouts, parse_url
from actors.smtp.errors import SmtpError
from actors.smtp.session import Session
from apps.email.config import Email
from supervision.config import Settings
from supervision.verbs import Probe

#: Somebody waits at a terminal.
TIMEOUTS = Timeouts(open=10.0)


def connections(settings: Settings) -> Sequence[Probe]:
    """Greets the server, encrypts and logs in as the URL says, and says goodbye. The embedded server needs no trial."""
    config: Email = settings.section("email")
    urls = [parse_url(server.url.get_secret_value()) for server in config.mta.all_servers]
    return [Probe(f"mail server {url}", partial(_try, url)) for url in urls if not url.embedded]


def _try(url: MailUrl) -> str | None:
    session = Session(url, timeouts=TIMEOUTS)
    try:
        session.open()
    except SmtpError as error:
        return str(error)
    session.quit()
    return None

"""The embedded server under a root supervisor, as `config.yaml` would start it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actors.smtp import Envelope, MailUrl, Outcome, Verdict, parse_url
from actors.smtp.mta import store
from actors.smtp.mta.server import PATH, supervisor
from actors.smtp.sender import MTA_ADDRESS
from actors.smtp.session import Session
from supervision.config import Settings, check
from supervision.testing import Running, running


@dataclass(frozen=True, slots=True)
class RunningMta:
    """A server that runs, and the file it writes."""

    run: Running
    settings: Settings

    @property
    def path(self) -> Path:
        return store.store_path(self.settings.home)

    @property
    def address(self) -> str:
        return self.run.system.facts[MTA_ADDRESS]

    def url(self, options: str = "starttls=never", credentials: str = "") -> MailUrl:
        port = self.address.rpartition(":")[2]
        return parse_url(f"smtp://{credentials}localhost:{port}?{options}")

    def send(self, *mails: Envelope, **options: Any) -> list[Verdict]:
        session = Session(self.url(), **options)
        verdicts = session.send(mails)
        session.quit()
        return verdicts

    def outcomes(self, *mails: Envelope, **options: Any) -> list[Outcome]:
        return [verdict.outcome for verdict in self.send(*mails, **options)]


def settings_for(home: Path, section: dict[str, Any]) -> Settings:
    return check({"apps": ["actors.smtp.mta"], "mta": section}, home, {})


@contextmanager
def running_mta(home: Path, **section: Any) -> Iterator[RunningMta]:
    settings = settings_for(home, section)
    with running(supervisor(settings)) as run:
        run.system.faults.enabled = True
        run.wait_state(PATH, "running")
        yield RunningMta(run, settings)

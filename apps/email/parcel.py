"""A parcel is a job on its way through a dispatcher: with the delivery it came by, and what is known of its person.

Values and one read of the database; any thread.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from actors.broker import Tag
from actors.database import Connection
from apps.email import ledger
from apps.email.errors import EmailError
from apps.email.jobs import Job
from apps.email.ledger import Entry
from apps.people import address as addresses
from apps.people.errors import Refused
from apps.people.preference import preferences
from apps.people.profile import Profile, profiles
from apps.people.suppression import Suppression, suppressed


@dataclass(frozen=True, slots=True)
class Parcel:
    """`consumer` and `tag` say where the delivery is to be settled; `redelivered`, whether it was handed out before."""

    job: Job
    consumer: str
    tag: Tag
    redelivered: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What the database says about a job: its ledger row, and its person as far as known."""

    entry: Entry | None = None
    profile: Profile | None = None
    suppression: Suppression | None = None
    said: dict[str, bool] = field(default_factory=dict)

    @property
    def attempt(self) -> int:
        """The number of the attempt that would come next, from 1."""
        return 1 if self.entry is None else self.entry.attempts + 1


def facts_of(conn: Connection, jobs: Sequence[Job]) -> dict[str, Facts]:
    """By job key, read in four statements whatever the number of jobs."""
    keys = {job.key: key for job in jobs if (key := _address_key(job)) is not None}
    entries = ledger.look_up(conn, [job.key for job in jobs])
    known = profiles(conn, keys.values())
    suppressions = suppressed(conn, keys.values())
    said = preferences(conn, [profile.id for profile in known.values()])
    found = {}
    for job in jobs:
        key = keys.get(job.key, "")
        profile = known.get(key)
        wishes = said.get(profile.id, {}) if profile else {}
        found[job.key] = Facts(entries.get(job.key), profile, suppressions.get(key), wishes)
    return found


def _address_key(job: Job) -> str | None:
    """None for an address nobody can have; composing the mail says so with its reason."""
    try:
        return addresses.parse(job.address).key
    except (Refused, EmailError):
        return None

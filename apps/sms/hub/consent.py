"""Consent as members gave or withdrew it by text, in the ledger of `people`. Over a connection; any thread."""

from collections.abc import Iterable
from hashlib import sha256

from actors.database import Connection
from apps.people.consent import ALL, Channel, Consent, Said, checked, record_all
from apps.sms.hub.member import Decision, Incoming, Leader

SOURCE = "sms"


def consent_of(leader: Leader, text: Incoming, decision: Decision) -> Consent | None:
    """What a text gave or withdrew: the text itself proves it. The same text makes the same line."""
    given = decision.consent
    if given is None and not decision.everywhere:
        return None
    evidence = {
        "text": text.body,
        "text_key": text.key,
        "carrier": text.carrier,
        "our_number": text.our_number,
        "form": leader.sign_up.version,
    }
    scope, said = (ALL if decision.everywhere else leader.id), (Said.GRANTED if given else Said.REVOKED)
    id = f"sms:{sha256(text.key.encode()).hexdigest()[:40]}"
    return checked(Consent(Channel.SMS, text.member, scope, said, SOURCE, text.at, evidence, id))


def record(conn: Connection, consents: Iterable[Consent]) -> None:
    """Write them down, in their order."""
    if lines := list(consents):
        record_all(conn, lines)

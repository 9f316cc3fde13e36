"""A job is one mail to one person: all the dispatcher needs, as it travels through the queues. Pure, any thread."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.email.config import MailClass
from apps.email.errors import EmailError
from apps.email.trace import Trace

SCHEMA = 1


class JobUnreadable(EmailError):
    """The body in the queue is not a job this version understands."""

    title = "The job cannot be read"


@dataclass(frozen=True, slots=True)
class Job:
    """One mail to one person.

    `key` names it for ever: the same event, rule and person give the same key, so a job that is published twice is
    found out by the ledger. `locale` is what the event wished for, `rule_locale` what the rule falls back to.
    `terms` are `rulebook.terms.Terms` as a dict.
    """

    key: str
    event_type: str
    event_source: str
    event_id: str
    template: str
    mail_class: MailClass
    person: str
    address: str
    name: str = ""
    locale: str | None = None
    rule_locale: str | None = None
    topic: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    rule: str = ""
    terms: Mapping[str, Any] = field(default_factory=dict)
    trace: Trace = field(default_factory=Trace)

    def to_json(self) -> bytes:
        fields = {name: getattr(self, name) for name in _FIELDS} | {"trace": list(self.trace.steps)}
        return json.dumps({"schema": SCHEMA, **fields}, ensure_ascii=False).encode()

    @staticmethod
    def from_json(body: bytes) -> "Job":
        """Raises JobUnreadable."""
        try:
            fields = json.loads(body)
            schema = fields.pop("schema")
            if schema != SCHEMA:
                raise JobUnreadable(f"the job has schema {schema!r}, this version reads {SCHEMA}")
            return Job(**{**fields, "trace": Trace.of(fields["trace"])})
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise JobUnreadable(f"the body is not a job: {error!r}") from error


_FIELDS = [name for name in Job.__slots__ if name != "trace"]


def key_of(source: str, event_id: str, rule: str, person: str) -> str:
    """40 hexadecimal digits. CloudEvents promises that source and id together name one event."""
    return keys_of(source, event_id, rule)(person)


def keys_of(source: str, event_id: str, rule: str) -> Callable[[str], str]:
    """`key_of` for many people."""
    begun = hashlib.sha256(json.dumps([source, event_id, rule])[:-1].encode() + b", ")

    def key(person: str) -> str:
        digest = begun.copy()
        digest.update(json.dumps(person).encode() + b"]")
        return digest.hexdigest()[:40]

    return key

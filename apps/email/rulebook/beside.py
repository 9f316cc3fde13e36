"""Who is compared with whom: beside each mail of a rule in the shadow, the mails that other rules set off for real, by
the same event to the same person. They travel with the job of the shadow. Pure; any thread.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from apps.email.jobs import Job
from apps.email.rulebook.terms import Terms

_TOLD = (
    "key",
    "template",
    "mail_class",
    "person",
    "address",
    "name",
    "locale",
    "rule_locale",
    "topic",
    "rule",
    "terms",
)


def attach(jobs: Sequence[Job]) -> list[Job]:
    """The same jobs; those in the shadow know their neighbours."""
    if not any(job.terms.get("shadow") for job in jobs):
        return list(jobs)
    live = [job for job in jobs if not job.terms.get("shadow") and not job.terms.get("outside")]
    return [_with(job, live) if job.terms.get("shadow") else job for job in jobs]


def neighbours(job: Job, terms: Terms) -> Iterator[Job]:
    """The mails that a mail in the shadow is compared with."""
    for told in terms.beside:
        yield replace(job, **{"data": job.data, **told})


def _with(job: Job, live: Sequence[Job]) -> Job:
    same = [_told(one, job) for one in live if one.person == job.person or one.address == job.address]
    return replace(job, terms={**job.terms, "beside": same}) if same else job


def _told(one: Job, beside: Job) -> Mapping[str, Any]:
    """Of what the event said, only what is not the same."""
    told = {name: getattr(one, name) for name in _TOLD}
    return told if one.data == beside.data else {**told, "data": one.data}

"""What can be asked of the embedded mail server while it runs. Runs in the threads of verbs.

Rules changed here hold until the root ends; `config.yaml` says which ones it begins with.
"""

from typing import Any

from pydantic import Field

from actors.smtp.mta import store
from actors.smtp.mta.errors import NoSuchRule, NotRunning
from actors.smtp.mta.rule import Rule
from actors.smtp.mta.server import PATH, Mta
from supervision.verbs import NoParams, Params, Site, Verb


class AddParams(Params):
    rule: Rule
    last: bool = Field(False, description="after all others, not before them")


class RemoveParams(Params):
    number: int = Field(ge=1, description="as `mta.rules` counts")


class SetParams(Params):
    rules: tuple[Rule, ...] | None = Field(None, max_length=1000, description="null: those of the configuration")


def rules(site: Site, params: NoParams) -> list[dict[str, Any]]:
    """The rules in the order in which they are asked, with how often each was used."""
    rows = _mta(site).behaviour.rows()
    return [
        {"number": number, "used": used, "rule": rule.model_dump(mode="json", exclude_defaults=True)}
        for number, (rule, used) in enumerate(rows, 1)
    ]


def add(site: Site, params: AddParams) -> list[dict[str, Any]]:
    """One rule more, from the next mail on."""
    _mta(site).behaviour.add(params.rule, first=not params.last)
    return rules(site, NoParams())


def remove(site: Site, params: RemoveParams) -> list[dict[str, Any]]:
    """One rule less."""
    if _mta(site).behaviour.remove(params.number) is None:
        raise NoSuchRule(f"there is no rule number {params.number}; `rookery mta rules` counts them", field="number")
    return rules(site, NoParams())


def replace(site: Site, params: SetParams) -> list[dict[str, Any]]:
    """These rules and no others."""
    _mta(site).behaviour.replace(params.rules)
    return rules(site, NoParams())


def status(site: Site, params: NoParams) -> dict[str, Any]:
    """What it did with mails since the root started, and how many it keeps."""
    path = store.store_path(site.settings.home)
    return {**dict(_mta(site).counts), "kept_now": store.count(path), "taken": store.taken(path)}


def _mta(site: Site) -> Mta:
    actor = site.system.registry.running(PATH)
    if not isinstance(actor, Mta):
        raise NotRunning("the embedded mail server does not run here; see mta.enabled")
    return actor


VERBS = (
    Verb("mta.rules", NoParams, rules, doc="The rules by which the embedded mail server is difficult."),
    Verb("mta.add", AddParams, add, writes=True, doc="One rule more, from the next mail on."),
    Verb("mta.remove", RemoveParams, remove, writes=True, doc="One rule less."),
    Verb("mta.set", SetParams, replace, writes=True, doc="These rules and no others, or those of the configuration."),
    Verb("mta.status", NoParams, status, doc="What the embedded mail server did with mails."),
)

"""What can be asked of the rules over the control socket and the HTTP API. Runs in a verb's own thread."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, Field

from actors.database import Connection, Database
from apps.email.bulk import shadow as shadow_sends
from apps.email.cloudevents import from_attributes
from apps.email.config import Email, Rule
from apps.email.errors import EmailError
from apps.email.letterhead.head import letterhead
from apps.email.rulebook import book, shadows
from apps.email.rulebook.book import BadRule, Book, NoRule, Version
from apps.email.rulebook.explain import explain
from apps.email.rulebook.replay import replay
from apps.email.templates import open_templates
from supervision.verbs import NoParams, Params, Site, Verb

CONFIGURATION, DATABASE = "config", "database"


class NoShadow(EmailError):
    """No mail of that key was rendered in the shadow, or it was forgotten."""

    title = "No such mail"
    status = 404
    exit_code = 66


class KeyParams(Params):
    key: str = Field(min_length=40, max_length=40, description="of a mail, in full")


class ShadowsParams(Params):
    rule: str | None = Field(None, max_length=200, description="of this rule alone")


class NameParams(Params):
    name: str = Field(min_length=1, max_length=200, description="of the rule")


class WriteParams(NameParams):
    rule: dict[str, Any] = Field(description="its keys, as under email.rules in config.yaml")
    by: str = Field(min_length=1, max_length=200, description="who changes it")
    note: str = Field("", max_length=1000, description="why")


class RemoveParams(NameParams):
    by: str = Field(min_length=1, max_length=200, description="who removes it")
    note: str = Field("", max_length=1000, description="why")


class TestParams(Params):
    event: dict[str, Any] = Field(description="a CloudEvent in JSON")
    at: AwareDatetime | None = Field(None, description="as if it were then; now if left out")


class ReplayParams(Params):
    start: AwareDatetime = Field(description="events received from then on")
    end: AwareDatetime | None = Field(None, description="and before then; now if left out")
    rule: str | None = Field(None, description="of this rule alone")
    limit: int = Field(100, ge=0, le=10_000, description="at most so many differences; all are counted")


def rules(site: Site, params: NoParams) -> list[dict[str, Any]]:
    """One that would not do any more comes with its `error`. Raises Unavailable."""
    config: Email = site.settings.section("email")
    with Database(site.system).read() as conn:
        versions = {one.name: one for one in book.latest(conn) if one.rule is not None}
    names = sorted(config.rules.keys() | versions.keys())
    return [_told(config, name, versions.get(name)) for name in names]


def show(site: Site, params: NameParams) -> dict[str, Any]:
    """Raises NoRule, Unavailable."""
    config: Email = site.settings.section("email")
    with Database(site.system).read() as conn:
        versions = book.history(conn, params.name)
    own = versions[0].rule if versions else None
    base = config.rules.get(params.name)
    if own is None and base is None:
        raise NoRule(f"no rule {params.name!r}; see `rookery rule list`", field="name")
    rule = plain(base) if own is None and base is not None else dict(own or {})
    source = CONFIGURATION if own is None else DATABASE
    return {"name": params.name, "from": source, "rule": rule, "versions": [_version(one) for one in versions]}


def add(site: Site, params: WriteParams) -> dict[str, Any]:
    """A rule of a name that is free. Raises BadRule, Unavailable."""

    def free(config: Email, last: Version | None) -> None:
        if params.name in config.rules or (last is not None and last.rule is not None):
            raise BadRule(f"there is a rule {params.name!r} already; edit it", field="name")

    return _written(site, params, free)


def edit(site: Site, params: WriteParams) -> dict[str, Any]:
    """The next version of a rule; one of the configuration is overridden. Raises NoRule, BadRule, Unavailable."""

    def known(config: Email, last: Version | None) -> None:
        if params.name not in config.rules and (last is None or last.rule is None):
            raise NoRule(f"no rule {params.name!r}; add it", field="name")

    return _written(site, params, known)


def remove(site: Site, params: RemoveParams) -> dict[str, Any]:
    """What the configuration says counts again, if it says anything. Raises NoRule, Unavailable."""
    with Database(site.system).begin() as conn:
        versions = book.history(conn, params.name)
        if not versions or versions[0].rule is None:
            raise NoRule(f"the database has no rule {params.name!r}", field="name")
        version = book.write(conn, params.name, None, params.by, params.note, site.system.clock.time())
    config: Email = site.settings.section("email")
    return {**_version(version), "left": CONFIGURATION if params.name in config.rules else None}


def shadow(site: Site, params: KeyParams) -> dict[str, Any]:
    """Raises NoShadow, Unavailable."""
    with Database(site.system).read() as conn:
        mail = shadows.find(conn, params.key)
    if mail is None:
        raise NoShadow(
            f"no mail {params.key!r} was kept from the shadow; `rookery email show` has its state", field="key"
        )
    return {"key": params.key, "digest": shadows.digest(mail), "mail": mail.decode("utf-8", "replace")}


def shadowed(site: Site, params: ShadowsParams) -> list[dict[str, Any]]:
    """Single mails first, then sends, latest first. Raises Unavailable, BadRule."""
    config = _book(site).today()
    with Database(site.system).read() as conn:
        singles = shadows.summed(conn, params.rule)
        now, head = site.system.clock.time(), letterhead(site.settings)
        return singles + list(shadow_sends.summed(conn, config, open_templates(config), head, now, params.rule))


def test(site: Site, params: TestParams) -> dict[str, Any]:
    """Changes nothing; a POST over HTTP since it takes a whole event. Raises InvalidEvent, Unavailable, BadRule."""
    event = from_attributes({"specversion": "1.0", "source": "/rookery/rule/test", "id": "test", **params.event})
    config = _book(site).today()
    now = site.system.clock.time() if params.at is None else params.at.timestamp()
    with Database(site.system).read() as conn:
        return explain(conn, event, config, open_templates(config), now)


def replayed(site: Site, params: ReplayParams) -> dict[str, Any]:
    """Raises NoRule, Unavailable, BadRule."""
    config = _book(site).today()
    if params.rule is not None and params.rule not in config.rules:
        raise NoRule(f"no rule {params.rule!r}; see `rookery rule list`", field="rule")
    end = params.end or datetime.fromtimestamp(site.system.clock.time(), params.start.tzinfo)
    with Database(site.system).read() as conn:
        return replay(conn, config, open_templates(config), params.start, end, params.rule, params.limit)


def plain(rule: Rule) -> dict[str, Any]:
    """As it is written in the configuration, without what is as by default."""
    found: dict[str, Any] = rule.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return found


def _written(site: Site, params: WriteParams, check: Callable[[Email, Version | None], None]) -> dict[str, Any]:
    config: Email = site.settings.section("email")
    rule = plain(book.checked(config, params.name, params.rule))
    with Database(site.system).begin() as conn:
        check(config, _last(conn, params.name))
        return _version(book.write(conn, params.name, rule, params.by, params.note, site.system.clock.time()))


def _last(conn: Connection, name: str) -> Version | None:
    versions = book.history(conn, name)
    return versions[0] if versions else None


def _book(site: Site) -> Book:
    return Book(site.settings.section("email"), Database(site.system))


def _told(config: Email, name: str, version: Version | None) -> dict[str, Any]:
    """A rule of the database; without a version, of the configuration."""
    if version is None:
        return _line(name, config.rules[name])
    given = version.rule or {}
    try:
        return _line(name, book.checked(config, name, given), version)
    except BadRule as error:
        told = {key: given.get(key) for key in ("event", "template", "class")}
        to = {"to": None, "share": None, "shadow": None}
        return {"name": name, **told, **to, **_origin(version), "error": str(error)}


def _line(name: str, rule: Rule, version: Version | None = None) -> dict[str, Any]:
    return {
        "name": name,
        "event": rule.event or name,
        "template": rule.template,
        "class": rule.mail_class,
        "to": f"audience {rule.audience}" if rule.audience else rule.recipients,
        "share": rule.rollout.share,
        "shadow": rule.rollout.shadow,
        **_origin(version),
        "error": None,
    }


def _origin(version: Version | None) -> dict[str, Any]:
    return {
        "from": CONFIGURATION if version is None else f"{DATABASE} v{version.version}",
        "changed_by": version and version.changed_by,
        "changed_at": version and version.changed_at.isoformat(),
    }


def _version(one: Version) -> dict[str, Any]:
    return {
        "name": one.name,
        "version": one.version,
        "rule": None if one.rule is None else dict(one.rule),
        "changed_by": one.changed_by,
        "changed_at": one.changed_at.isoformat(),
        "note": one.note,
    }


VERBS: Sequence[Verb] = (
    Verb("rule.list", NoParams, rules, doc="The rules in force, and where each comes from."),
    Verb("rule.show", NameParams, show, doc="One rule, and who changed it when."),
    Verb("rule.add", WriteParams, add, writes=True, doc="A new rule, in force at once."),
    Verb("rule.edit", WriteParams, edit, writes=True, doc="A rule's next version, in force at once."),
    Verb("rule.remove", RemoveParams, remove, writes=True, doc="Take a rule out of the database."),
    Verb("rule.shadows", ShadowsParams, shadowed, doc="How the mails of rules in the shadow compare with those sent."),
    Verb("rule.shadow", KeyParams, shadow, doc="A mail that a rule in the shadow rendered and did not send."),
    Verb("rule.test", TestParams, test, writes=True, doc="Who would get what from an event, and why; nothing is sent."),
    Verb("email.replay", ReplayParams, replayed, doc="Past events against today's rules: the differences."),
)

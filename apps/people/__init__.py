"""People: profiles, preferences, suppression. The one app that other apps may import.

Everything is a function over a `Connection` that the caller got from `actors.database.Database`; nothing here starts a
thread or opens a connection, so a dispatcher reads it in the same transaction as its own tables.
"""

from supervision.app import App

APP = App(
    name="people",
    config="apps.people.config:People",
    supervisor="apps.people.service:supervisor",
    tables="apps.people.tables:METADATA",
    verbs="apps.people.verbs:VERBS",
    commands="apps.people.commands:people",
    placement="nodes",
)

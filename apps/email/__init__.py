"""Email: events in, one mail per person out through the MTA, and a ledger that knows what became of each."""

from supervision.app import App

APP = App(
    name="email",
    config="apps.email.config:Email",
    supervisor="apps.email.supervisor:supervisor",
    tables="apps.email.tables:METADATA",
    queues="apps.email.queues:queues",
    verbs="apps.email.verbs:VERBS",
    commands="apps.email.commands:COMMANDS",
    routes="apps.email.routes:routes",
    pages="apps.email.pages:pages",
    probes="apps.email.metrics:probes",
    connections="apps.email.connections:connections",
    metrics="apps.email.metrics:collector",
    placement="nodes",
)

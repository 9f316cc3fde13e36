"""SMS: leaders and their members, texts in and out over carriers, and limits that hold."""

from supervision.app import App

APP = App(
    name="sms",
    config="apps.sms.config:Sms",
    supervisor="apps.sms.supervisor:supervisor",
    tables="apps.sms.tables:METADATA",
    queues="apps.sms.queues:queues",
    verbs="apps.sms.verbs:VERBS",
    commands="apps.sms.commands:COMMANDS",
    routes="apps.sms.routes:routes",
    pages="apps.sms.pages.menu:pages",
    probes="apps.sms.probes:probes",
    metrics="apps.sms.metrics:collector",
    placement="nodes",
)

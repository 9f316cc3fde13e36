"""SMS: leaders and their members, texts in and out over carriers, and limits that hold."""

from supervision.app import App

APP = App(
    name="sms",
    config="apps.sms.config:Sms",
    tables="apps.sms.tables:METADATA",
    queues="apps.sms.queues:queues",
    placement="nodes",
)

"""The embedded mail server: takes every mail on loopback and keeps it in `<home>/mta.sqlite` instead of delivering it.

For a laptop, the demo and tests; `store` reads what it kept, from any thread or process. Senders reach it by the URL
`embedded:`.
"""

from supervision.app import App

APP = App(
    name="mta",
    config="actors.smtp.mta.config:MtaConfig",
    verbs="actors.smtp.mta.verbs:VERBS",
    commands="actors.smtp.mta.commands:mta",
    supervisor="actors.smtp.mta.server:supervisor",
    probes="actors.smtp.mta.server:probes",
    metrics="actors.smtp.mta.metrics:collector",
)

"""The demo world: a petition site whose people sign along a real curve, so that a fresh root shows life.

Nothing in it is real: people come from Faker, addresses stand under the domains that RFC 2606 reserves.
"""

from supervision.app import App

APP = App(
    name="demo",
    config="apps.demo.config:Demo",
    supervisor="apps.demo.petitions:supervisor",
    metrics="apps.demo.metrics:collector",
)

"""The demo world, so that a fresh root shows life: a petition site whose people sign, leaders whose members text.

Nothing in it is real: people come from Faker, addresses stand under the domains that RFC 2606 reserves, numbers are of
the ranges that are kept for films.
"""

from supervision.app import App

APP = App(
    name="demo",
    config="apps.demo.config:Demo",
    supervisor="apps.demo.petitions:supervisor",
    metrics="apps.demo.metrics:collector",
)

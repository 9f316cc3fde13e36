"""Limits of pipelines, their lanes, needs and circuits, and what a rate shared by all nodes keeps in the database.

The record brings these tables, and the operator's view of pipelines: `rookery pipeline`, /metrics, a console page.
"""

from supervision.app import App

APP = App(
    name="rates",
    tables="actors.pipeline.rates.tables:METADATA",
    verbs="actors.pipeline.operation.verbs:VERBS",
    commands="actors.pipeline.operation.commands:pipeline",
    pages="actors.pipeline.operation.pages:pages",
    metrics="actors.pipeline.operation.metrics:collector",
    placement="everywhere",
)

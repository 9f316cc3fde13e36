"""Limits of pipelines, their lanes, needs and circuits; what a rate shared by all nodes keeps in the database.

The record is for the tables alone: whoever shares a rate lists `actors.pipeline.rates` under `apps`.
"""

from supervision.app import App

APP = App(name="rates", tables="actors.pipeline.rates.tables:METADATA")

"""Limits of pipelines: a rate per process, per key, or shared by all nodes and machines through the database."""

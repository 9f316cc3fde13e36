"""Cluster: which roots share this broker, by their signs of life, and the trees of all of them on one page.

Nothing is coordinated here: roots share work through queues alone. This is for people who want to see all of it.
"""

from supervision.app import App

APP = App(
    name="cluster",
    config="apps.cluster.config:Cluster",
    supervisor="apps.cluster.supervisor:supervisor",
    queues="apps.cluster.signs:queues",
    verbs="apps.cluster.verbs:VERBS",
)

"""Sidekiq's queues in Redis as a source of events and as a sink: for the time in which a Rails application moves over.

Needs the extra `sidekiq`. Off unless `email.sidekiq` is configured.
"""

"""The operator's view of pipelines: what is seen of them and what can be ordered, by verb, command, metric, page."""

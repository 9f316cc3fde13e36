"""Broadcasts: one text of a leader to a segment of the members, previewed, scheduled, held and counted."""

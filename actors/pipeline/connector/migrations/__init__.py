"""The migrations of connector, in the order of their numbers."""

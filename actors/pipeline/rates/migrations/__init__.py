"""The migrations of the shared rates, in the order of their numbers."""

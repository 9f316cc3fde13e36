"""The migrations of the leases, in the order of their numbers."""

"""The migrations of people, in the order of their numbers."""

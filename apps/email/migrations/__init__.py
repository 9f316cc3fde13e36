"""The migrations of email, in the order of their numbers."""

"""The migrations of sms, in the order of their numbers."""

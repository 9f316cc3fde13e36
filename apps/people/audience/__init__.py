"""Audiences: which people a query means, evaluated by the database, and queries kept under a name."""

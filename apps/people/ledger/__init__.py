"""The ledger of consents seen from outside: as JSON lines, by verbs, on the command line."""

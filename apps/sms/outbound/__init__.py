"""Texts out: one authority hands what is queued over to the carriers, and follows what becomes of it."""

"""The outside world as ready-made supervised actors: broker, database, SMTP, web."""

"""The broker inside a SQLite file: for one machine, without a server. Nobody outside imports it but by URL scheme."""

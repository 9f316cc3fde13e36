"""From the tables a database has to those the apps declare: one linear history of Alembic revisions per app."""

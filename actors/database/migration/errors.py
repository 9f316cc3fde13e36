"""Why a database cannot be brought to what the code declares."""

from actors.errors import ActorsError


class DatabaseNewer(ActorsError):
    """A newer release has been at this database; run that one, or restore a backup."""

    title = "The database is newer than this code"
    exit_code = 78
    status = 409


class MigrationFailed(ActorsError):
    """A migration raised; its transaction was rolled back, so the database is as it was."""

    title = "A migration failed"
    exit_code = 70


class HistoryBroken(ActorsError):
    """An app's migrations do not make one line: add what is missing, or give one of two last ones another parent."""

    title = "The migrations of an app do not fit together"
    exit_code = 78

"""What a database can be found to be. Callers never see these: they get `actors.errors.Unavailable`."""

from actors.errors import ActorsError


class DatabaseBroken(ActorsError):
    """The database does not answer, or not as a database that can be written to; the pool actor ends with this."""

    title = "The database does not work"
    exit_code = 70


class DatabaseRefused(DatabaseBroken):
    """The server answers, but not to this account or not for this database; somebody must correct one or the other."""

    title = "The database does not let us in"
    exit_code = 78


class PoolClosed(ActorsError):
    """The pool gave up this database; no new connection is opened by it."""

    title = "The database pool is closed"
    status = 503

"""What can go wrong around the web server, each with its HTTP status and, where it ends a start, its exit code."""

from actors.errors import ActorsError


class WebError(ActorsError):
    """Root of this folder's errors."""

    title = "The web server could not do that"


class PortInUse(WebError):
    """Somebody else listens on the configured address. The start fails and is tried again after a pause."""

    title = "The address is in use"
    exit_code = 70


class ListenFailed(WebError):
    """The address cannot be listened on at all: no such interface, no permission."""

    title = "The address cannot be used"
    exit_code = 78


class ServerEnded(WebError):
    """The thread that serves HTTP ended without being told to."""

    title = "The web server died"


class Unauthorized(WebError):
    """No token, or not the right one."""

    title = "A token is needed"
    status = 401


class WeakToken(WebError):
    """The token that was found is empty or short. Delete the file to get a new one, or set a longer ROOKERY_TOKEN."""

    title = "The token is too short"
    exit_code = 78


class WrongHost(WebError):
    """The request names a host that this server does not answer to: the mark of DNS rebinding."""

    title = "Not my name"
    status = 421


class CrossSite(WebError):
    """Another site's page tried to change something here."""

    title = "Cross-site request refused"
    status = 403


class Busy(WebError):
    """Every worker is taken; nothing was started, so trying again is safe."""

    title = "Too much at once"
    status = 503


class WorkTimeout(WebError):
    """The work did not end in time. It was not stopped and may still take effect."""

    title = "No answer in time"
    status = 504

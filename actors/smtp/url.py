"""Where to hand mail over, as one URL. Pure but for reading a CA file; any thread.

    smtp://user:password@host:port?starttls=required|opportunistic|never&verify=true|false&cafile=PATH&hello=NAME
    smtps://...      TLS from the first octet (RFC 8314)
    embedded:        the mail server that runs beside us (actors.smtp.mta)

Certificates are verified unless `verify=false`. Without `starttls=` encryption is `required` when there is a password,
else `opportunistic`: used where offered. Opportunistic TLS does not stop an attacker who hides the offer.
"""

import ssl
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from actors.smtp.errors import TlsFailed, WrongUrl

OPTIONS = ("starttls", "verify", "cafile", "hello")


class Tls(StrEnum):
    """How the connection gets encrypted."""

    IMPLICIT = "implicit"
    REQUIRED = "required"
    OPPORTUNISTIC = "opportunistic"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class MailUrl:
    """A parsed URL. `str` and `repr` never show the credentials."""

    host: str
    port: int
    tls: Tls = Tls.OPPORTUNISTIC
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    verify: bool = True
    cafile: str | None = None
    hello: str | None = None
    embedded: bool = False

    def __str__(self) -> str:
        if self.embedded:
            return "embedded:"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'smtps' if self.tls is Tls.IMPLICIT else 'smtp'}://{host}:{self.port}"

    def ssl_context(self) -> ssl.SSLContext:
        """TLS 1.2 or newer, verified as the URL says. Raises TlsFailed when the CA file cannot be read."""
        try:
            context = ssl.create_default_context(cafile=self.cafile)
        except OSError as error:
            raise TlsFailed(f"{self}: the CA file {self.cafile} cannot be used: {error}") from error
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


def parse_url(text: str) -> MailUrl:
    """Raises WrongUrl, which says what is wrong without repeating what may be a password."""
    if text == "embedded:":
        return MailUrl("", 0, Tls.NEVER, embedded=True)
    parts, port = _split(text)
    options = _options(parts.query)
    user, password = _credentials(parts)
    return MailUrl(
        host=parts.hostname or "",
        port=port or (465 if parts.scheme == "smtps" else 25),
        tls=_tls(parts.scheme, options.get("starttls"), password is not None),
        user=user,
        password=password,
        verify=_flag(options.get("verify", "true")),
        cafile=options.get("cafile"),
        hello=options.get("hello"),
    )


def _split(text: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        # Not chained: the cause quotes the URL, and a password with "/" or "#" in it ends up in the port.
        raise WrongUrl("a mail URL cannot be taken apart; percent-encode special characters in its password") from None
    if parts.scheme not in ("smtp", "smtps"):
        raise WrongUrl("a mail URL must start with smtp://, smtps:// or be embedded:")
    if not parts.hostname:
        raise WrongUrl("a mail URL needs a host, as in smtp://mail.example.org:587")
    if parts.path not in ("", "/") or parts.fragment:
        raise WrongUrl("a mail URL has no path; percent-encode special characters in its password")
    return parts, port


def _options(query: str) -> dict[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    for name in options:
        if name not in OPTIONS:
            raise WrongUrl(f"a mail URL takes no option {name[:20]!r}; it takes {', '.join(OPTIONS)}")
    return options


def _credentials(parts: SplitResult) -> tuple[str | None, str | None]:
    if parts.username is None and parts.password is None:
        return None, None
    if not parts.username or not parts.password:
        raise WrongUrl("a mail URL needs user and password together, or neither")
    return unquote(parts.username), unquote(parts.password)


def _tls(scheme: str, starttls: str | None, secret: bool) -> Tls:
    if scheme == "smtps":
        if starttls is not None:
            raise WrongUrl("smtps:// is encrypted from the first octet and takes no starttls=")
        return Tls.IMPLICIT
    if starttls is None:
        return Tls.REQUIRED if secret else Tls.OPPORTUNISTIC
    if starttls not in ("required", "opportunistic", "never"):
        raise WrongUrl("starttls= of a mail URL must be required, opportunistic or never")
    return Tls(starttls)


def _flag(text: str) -> bool:
    if text.lower() not in ("true", "false", "1", "0", "yes", "no"):
        raise WrongUrl("verify= of a mail URL must be true or false")
    return text.lower() in ("true", "1", "yes")

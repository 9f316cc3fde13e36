"""The headers, the return path and the signature of one mail. Pure but for finding the web server's URL; any thread.

Bulk mail says how to leave it (RFC 2369, RFC 8058) and which list it is of (RFC 2919), by which vacation responders
know it too. Transactional mail says that a program wrote it (RFC 3834); a list it is not. `Precedence` was never a
standard and is not sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from apps.email.config import Email, MailClass
from apps.email.letterhead import dkim, links, return_path, secret
from apps.email.letterhead.config import LetterheadConfig
from apps.email.letterhead.links import Stands
from apps.email.letterhead.public_url import PublicUrl
from apps.email.mime import Mime
from supervision.config import Settings

ONE_CLICK = "List-Unsubscribe=One-Click"


@dataclass(frozen=True, slots=True)
class Head:
    """Of one mail: further headers, the envelope's sender ("" for that of From), where to leave and to choose."""

    headers: Mapping[str, str]
    mail_from: str
    unsubscribe_url: str = ""
    preferences_url: str = ""


class Letterhead:
    """Of all mails of one process. Nothing is read before the first mail, and it can travel into a node."""

    def __init__(
        self, config: LetterheadConfig, domain: str, home: Path, signers: tuple[dkim.Signer, ...] = ()
    ) -> None:
        """`domain` is that of List-ID, `home` where the key and the web server's address lie."""
        self._config = config
        self._domain = domain
        self._home = home
        self._url = PublicUrl(config, home)
        self._signers = signers
        self._secret: bytes | None = None

    @property
    def _signing(self) -> bytes:
        if self._secret is None:
            self._secret = secret.load(self._config, self._home)
        return self._secret

    @property
    def signs(self) -> bool:
        """Whether `sign` changes a mail."""
        return bool(self._signers)

    def of(self, key: str, mail_class: MailClass, template: str, stands: Stands) -> Head:
        """For the mail `key` of the ledger. `stands` is what its links are for."""
        headers = self._feedback(mail_class, template, stands.topic)
        domain = self._config.return_path_domain
        mail_from = return_path.write(key, domain, self._signing) if domain else ""
        if mail_class == "transactional":
            return Head({"Auto-Submitted": "auto-generated", **headers}, mail_from)
        headers["List-ID"] = f"<{_label(stands.topic or mail_class)}.{self._domain}>"
        base = self._url.get()
        if base is None:
            return Head(headers, mail_from)
        token = links.token(stands, self._signing)
        leave, choose = f"{base}/public/unsubscribe/{token}", f"{base}/public/preferences/{token}"
        headers |= {"List-Unsubscribe": f"<{leave}>", "List-Unsubscribe-Post": ONE_CLICK}
        return Head(headers, mail_from, leave, choose)

    def sign(self, mail: Mime) -> Mime:
        """With its DKIM signatures; the last thing that happens to a mail. Raises NotSigned."""
        return replace(mail, data=dkim.sign(mail.data, self._signers)) if self._signers else mail

    def _feedback(self, mail_class: MailClass, template: str, topic: str) -> dict[str, str]:
        """Feedback-ID of Gmail's postmaster tools: three fields of ours, then who we are."""
        sender = self._config.feedback_id
        if not sender:
            return {}
        return {"Feedback-ID": f"{_label(template)}:{_label(topic or 'none')}:{mail_class}:{sender}"}


def letterhead(settings: Settings) -> Letterhead:
    """As the section `email` says. Reads the DKIM keys and tries them: raises ConfigError."""
    config: Email = settings.section("email")
    signers = tuple(dkim.Signer.of(entry) for entry in config.letterhead.dkim)
    return Letterhead(config.letterhead, config.message_id_domain, settings.home, signers)


@lru_cache(maxsize=512)
def _label(text: str) -> str:
    """A word that a header's field can hold."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "-" for c in text)[:60]

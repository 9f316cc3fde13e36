"""The mails of one send: from a person to the octets that the mail server gets, or to the reason why there are none.

What is the same for all is made once: the words in each language (`wording`), the sender. Whatever a template or an
address does wrong concerns this one mail. The caches grow with the languages of the audience. One thread at a time.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace

from actors.smtp import Envelope
from apps.email import address, mime
from apps.email.bulk.terms import SendTerms
from apps.email.campaign.mails import Claim
from apps.email.campaign.sends import Send
from apps.email.campaign.states import MailState
from apps.email.config import Email
from apps.email.errors import EmailError
from apps.email.letterhead.head import Head, Letterhead
from apps.email.letterhead.links import Stands
from apps.email.rulebook.comparing import Comparison, Outcome, compare
from apps.email.templates import Templates
from apps.email.wording import Wording
from apps.people.recipient import Recipient

logger = logging.getLogger(__name__)


#: How the reason of a mail begins that was made and not sent.
SHADOW = "shadow: "
NO_OTHER = Comparison("", Outcome.ALONE, note="no other send of this event")
#: There was nothing to be made, or not yet.
_UNMADE = frozenset({MailState.SUPPRESSED, MailState.SKIPPED, MailState.DEFERRED})


class Letters:
    """Of one version of one send."""

    def __init__(
        self,
        send: Send,
        config: Email,
        templates: Templates,
        letterhead: Letterhead | None = None,
        beside: Sequence["Letters"] = (),
    ) -> None:
        """`beside` are those that a mail in the shadow is compared with."""
        self.send = send
        self._beside = beside
        self._letterhead = letterhead
        self._templates = templates
        self._domain = config.message_id_domain
        self._sender = address.parse("From", config.sender)
        self._wishes: Sequence[str | None] = (send.locale, config.default_locale)
        self._wordings: dict[str | None, Wording] = {}
        self._terms = SendTerms(send)

    def write(self, to: Recipient, at: float) -> tuple[Claim, Envelope | None]:
        """The claim to make, with the mail to hand over; without a mail the claim says why, for now or for ever."""
        claim, mail = self._write(to, at)
        if claim.state in _UNMADE or not self._terms.in_shadow(to):
            return claim, mail
        told = claim.reason if mail is None else "; ".join(one.told for one in self._comparisons(mail, to, at))
        return replace(claim, state=MailState.SKIPPED, reason=f"{SHADOW}{told}"), None

    def compared(self, to: Recipient, at: float) -> list[Comparison]:
        """What the mail to this person is beside those of the other sends; nothing when it cannot be made."""
        _, mail = self._write(to, at)
        return [] if mail is None else self._comparisons(mail, to, at)

    def _comparisons(self, mail: Envelope, to: Recipient, at: float) -> list[Comparison]:
        found = []
        for live in self._beside:
            claim, other = live.write(to, at)
            if other is None:
                note = f"{live.send.rule} sends none, {claim.reason}"
                found.append(Comparison(live.send.rule, Outcome.ALONE, note=note))
            else:
                found.append(compare(live.send.rule, mail.content, other.content))
        return found or [NO_OTHER]

    def _write(self, to: Recipient, at: float) -> tuple[Claim, Envelope | None]:
        against = _against(to)
        if against is not None:
            return Claim(to.id, to.locale, MailState.SUPPRESSED, against), None
        if (held := self._terms.claim(to, at)) is not None:
            return held, None
        try:
            wording = self._wording(to.locale)
            return Claim(to.id, wording.locale), self._mail(wording, to, at)
        except EmailError as error:
            return Claim(to.id, to.locale, MailState.FAILED, f"{error.title}: {error}"), None
        except Exception as error:
            logger.exception("the mail of send %s to %s cannot be made", self.send.id, to.id)
            return Claim(to.id, to.locale, MailState.FAILED, f"{type(error).__name__}: {error}"), None

    def _wording(self, tag: str | None) -> Wording:
        try:
            return self._wordings[tag]
        except KeyError:
            made = self._templates.wording(self.send.template, (tag, *self._wishes), self.send.data)
            return self._wordings.setdefault(tag, made)

    def _mail(self, wording: Wording, to: Recipient, at: float) -> Envelope:
        key = self.send.mail_key(to.id)
        head = self._head(key, to, wording.locale)
        person = {
            "name": to.name,
            "address": to.address,
            "locale": to.locale or "",
            "attributes": to.attributes,
            "unsubscribe_url": head.unsubscribe_url,
            "preferences_url": head.preferences_url,
        }
        mail = mime.write(
            wording.fill(person),
            locale=wording.locale,
            key=key,
            domain=self._domain,
            sender=self._sender,
            recipient=address.mailbox("To", to.address, to.name),
            at=at,
            headers=head.headers,
            mail_from=head.mail_from,
        )
        if self._letterhead is not None:
            mail = self._letterhead.sign(mail)
        return Envelope(mail.mail_from, (mail.rcpt_to,), mail.data, to.id)

    def _head(self, key: str, to: Recipient, locale: str) -> Head:
        if self._letterhead is None:
            return Head(mime.AUTOMATIC, "")
        stands = Stands(person=to.id, topic=self.send.topic or "", locale=locale)
        return self._letterhead.of(key, self.send.mail_class, self.send.template, stands)


def _against(to: Recipient) -> str | None:
    """Why this person gets no mail; the order is that of single mails."""
    if to.suppressed is not None:
        return f"suppressed: {to.suppressed}"
    return None if to.unwanted is None else f"unwanted: {to.unwanted}"

"""Opt-out, opt-in and help in the hub's own words. Pure; any thread."""

from apps.sms.hub.member import Word, said

_STOP = frozenset(("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"))


def recognise(body: str, locale: str | None = None) -> Word | None:
    """What a text asks for by its words, whoever wrote it."""
    word = said(body)
    if word in _STOP:
        return Word.OPT_OUT
    if word in ("start", "yes", "unstop"):
        return Word.OPT_IN
    return Word.HELP if word in ("help", "info") else None

"""What somebody else wrote (a mail server, a message, a person), fit for a column and a terminal. Pure; any thread."""


def printable(text: str) -> str:
    """Without line ends, controls and whatever else a terminal would obey: a blank for each."""
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def clean(text: str | None, most: int) -> str | None:
    """The same, of at most so many characters; None stays None."""
    return None if text is None else printable(text)[:most]

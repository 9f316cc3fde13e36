"""HAML's filters (`:plain`, `:css` ...): lines that are no HAML, as they stand in the result. Pure."""

from collections.abc import Sequence

from apps.email.haml.errors import HamlError

_SCRIPTS = {"css": ("style", "text/css", "/*", "*/"), "javascript": ("script", "text/javascript", "//", "")}


def escaped(text: str, *, quotes: bool = False) -> str:
    """For HTML; the single quote only where it would end an attribute."""
    for character, reference in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(character, reference)
    return text.replace("'", "&#39;") if quotes else text


def filtered(name: str, lines: Sequence[str], xhtml: bool, line: int) -> str:
    """Raises HamlError for filters that are none of HAML's own, or that run Ruby."""
    text = "\n".join(lines)
    match name:
        case "plain":
            return text.rstrip("\n")
        case "escaped":
            return escaped(text.rstrip("\n"))
        case "preserve":
            return text.replace("\n", "&#x000A;")
        case "cdata":
            return f"<![CDATA[\n{_indented(text, 4)}\n]]>"
        case "css" | "javascript":
            return _script(name, text.strip("\n"), xhtml)
    raise HamlError(f"the filter :{name} is not translated", line)


def _script(name: str, text: str, xhtml: bool) -> str:
    tag, kind, start, end = _SCRIPTS[name]
    if not xhtml:
        return f"<{tag}>\n{_indented(text, 2)}\n</{tag}>"
    inner = f"  {start}<![CDATA[{end}\n{_indented(text, 4)}\n  {start}]]>{end}"
    return f"<{tag} type='{kind}'>\n{inner}\n</{tag}>"


def _indented(text: str, by: int) -> str:
    return "\n".join(" " * by + line if line else "" for line in text.split("\n"))

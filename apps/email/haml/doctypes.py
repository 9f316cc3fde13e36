"""What `!!!` stands for in each format. Pure."""

_XHTML = {
    "": ("XHTML 1.0 Transitional", "xhtml1/DTD/xhtml1-transitional.dtd"),
    "strict": ("XHTML 1.0 Strict", "xhtml1/DTD/xhtml1-strict.dtd"),
    "frameset": ("XHTML 1.0 Frameset", "xhtml1/DTD/xhtml1-frameset.dtd"),
    "1.1": ("XHTML 1.1", "xhtml11/DTD/xhtml11.dtd"),
    "basic": ("XHTML Basic 1.1", "xhtml-basic/xhtml-basic11.dtd"),
}
_HTML4 = {
    "": ("HTML 4.01 Transitional", "loose.dtd"),
    "strict": ("HTML 4.01", "strict.dtd"),
    "frameset": ("HTML 4.01 Frameset", "frameset.dtd"),
}
_MOBILE = ("-//WAPFORUM//DTD XHTML Mobile 1.2//EN", "http://www.openmobilealliance.org/tech/DTD/xhtml-mobile12.dtd")


def doctype(kind: str, format: str) -> str:
    """Nothing for an XML prolog where HTML is not XML. An unknown kind is the usual one."""
    first, _, rest = kind.lower().partition(" ")
    if first == "xml":
        return f"<?xml version='1.0' encoding='{rest.split(' ')[0] or 'utf-8'}' ?>" if format == "xhtml" else ""
    if format == "html5" or first == "5":
        return "<!DOCTYPE html>"
    if format == "html4":
        name, address = _HTML4.get(first, _HTML4[""])
        return _public(f"-//W3C//DTD {name}//EN", f"http://www.w3.org/TR/html4/{address}")
    if first == "mobile":
        return _public(*_MOBILE)
    name, address = _XHTML.get(first, _XHTML[""])
    return _public(f"-//W3C//DTD {name}//EN", f"http://www.w3.org/TR/{address}")


def _public(name: str, address: str) -> str:
    return f'<!DOCTYPE html PUBLIC "{name}" "{address}">'

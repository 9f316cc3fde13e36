"""Keys of Rails' phrases: made absolute, and told apart from gettext's messages. Pure; any thread."""

#: The context under which a phrase stands among gettext's messages; no context of gettext can be the same.
CONTEXT = "\0rails"


def absolute(key: str, template: str | None) -> str:
    """A key as the catalogues have it; `template` is the name of the file that says it."""
    if not key.startswith("."):
        return key
    folder, _, file = (template or "").rpartition("/")
    stem = file.partition(".")[0]
    scope = folder if stem in {"subject", "body"} else f"{folder}/{stem.removeprefix('_')}"
    return f"{scope.strip('/').replace('/', '.')}{key}"


def scoped(key: str, scope: object) -> str:
    """Rails' option `scope`: a key, or a list of its parts."""
    above = ".".join(map(str, scope)) if isinstance(scope, list | tuple) else str(scope or "")
    return f"{above}.{key}" if above else key


def is_safe(key: str) -> bool:
    """Whether the phrase of this key is markup."""
    last = key.rpartition(".")[2]
    return last == "html" or last.endswith("_html")

"""The look of the few pages that are plain HTML (login form, API reference): no script, nothing from elsewhere."""

import html
from urllib.parse import quote

PLAIN_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "no-store",
}

ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#2f5fb3"/>'
    '<path d="M16 6v20M16 12l-7 5M16 12l7 5M16 19l-5 4M16 19l5 4" stroke="#fff" stroke-width="2.4" '
    'stroke-linecap="round" fill="none"/></svg>'
)

CSS = """
:root { color-scheme: light dark; --ink: #1d2433; --soft: #5b6578; --line: #dfe3ea; --paper: #f5f6f8; --card: #fff;
  --accent: #2f5fb3; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ef; --soft: #98a2b5; --line: #2d3442; --paper: #12161d;
  --card: #1a1f29; --accent: #8ab0f5; --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 24px 16px; background: var(--paper); color: var(--ink);
  font: 14px/1.45 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
h1 { font-size: 20px; margin: 0 0 12px; } h2 { font-size: 15px; margin: 28px 0 8px; }
a { color: var(--accent); } code { font: 12.5px/1.4 ui-monospace, "DejaVu Sans Mono", monospace; }
.card { max-width: 360px; margin: 12vh auto 0; padding: 28px; background: var(--card); border: 1px solid var(--line);
  border-radius: 8px; display: grid; gap: 10px; }
.card p { margin: 0; } .error { color: var(--bad); } .error:empty { display: none; }
.hint, .soft { color: var(--soft); font-size: 12.5px; }
input { width: 100%; padding: 9px 10px; border: 1px solid var(--line); border-radius: 6px; background: var(--paper);
  color: inherit; font: inherit; }
input:focus-visible, button:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
button { padding: 9px 10px; border: 0; border-radius: 6px; background: var(--accent); color: var(--card);
  font: inherit; font-weight: 600; cursor: pointer; }
main { max-width: 980px; margin: 0 auto; }
table { width: 100%; table-layout: fixed; border-collapse: collapse;
  background: var(--card); border: 1px solid var(--line); }
th, td { padding: 6px 10px; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { font-size: 12px; color: var(--soft); font-weight: 600; } td { overflow-wrap: anywhere; }
"""


def plain_page(title: str, body: str, lang: str = "en", direction: str = "ltr") -> str:
    """A whole HTML document; `body` is HTML already, `title` is text, `lang` a tag of BCP 47."""
    return (
        f'<!doctype html><html lang="{lang}" dir="{direction}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="data:image/svg+xml,{quote(ICON)}">'
        f"<title>{html.escape(title)} - Rookery</title><style>{CSS}</style></head><body>{body}</body></html>"
    )

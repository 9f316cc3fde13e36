"""Style sheets in tags: nothing else of the HTML changes, and filled mails are rendered mails."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import DictLoader

from apps.email.css import NotNested, apply, inlined
from apps.email.jinja import environment
from apps.email.prepare import Prepared, tracing
from apps.email.translations import Translations

SHEET = '<style>p{color:red}.b{font-family:"A B"}@media (min-width:9px){p{color:blue}}</style>'


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<p>a&nbsp;&copy; 'x'</p>", "<p style=\"color: red;\">a&nbsp;&copy; 'x'</p>"),
        ("<P\n CLASS='b' >a</P>", "<P\n CLASS='b' style=\"color: red;font-family: 'A B';\">a</P>"),
        ('<p style="margin:0">a', '<p style="color: red;margin: 0">a'),
        ("<table><tr><td class=b>a</table>", "<table><tr><td class=b style=\"font-family: 'A B';\">a</table>"),
        ("<br class='b'/><img>", "<br class='b' style=\"font-family: 'A B';\" /><img>"),
        ("<!--[if mso]><p>x</p><![endif]--><i>y</i>", "<!--[if mso]><p>x</p><![endif]--><i>y</i>"),
    ],
)
def test_only_styles_are_written(markup: str, expected: str) -> None:
    def plain(text: str) -> str:
        return text.replace(" !important", "").replace("; ", ";").replace(": ", ":")

    assert plain(inlined(SHEET + markup)) == plain(SHEET + expected)


def test_without_a_sheet_or_where_it_says_so_nothing_changes() -> None:
    for markup in ("<p>a", "<style> </style><p>a", '<style data-css-inline="ignore">p{color:red}</style><p>a</p>'):
        assert inlined(markup) == markup


def test_what_is_not_well_nested_is_left_alone() -> None:
    markup = SHEET + "<b><p>x</b>y</p>"
    with pytest.raises(NotNested):
        apply(markup)
    assert inlined(markup) == markup


SHEETS = (
    "p{color:red}",
    ".a{margin:0}",
    "a[href]{color:red}",
    "p:empty{margin:0}",
    "td p{color:blue}",
    "p{color:{{ v }}}",
)
BODIES = (
    "<p>{{ v }}</p>",
    "<p class='a'>{{ v }} &amp; <i>{{ w }}</i></p>",
    "<a href='{{ v }}'>x</a>",
    "<a href={{ v }}>x</a>",
    "<p class='{{ v }}'>x</p>",
    "<p style='margin:{{ v }}'>x</p>",
    "<p>{{ html|safe }}</p>",
    "<table>{% for one in [1, 2] %}<tr><td><p>{{ v }}</p></td></tr>{% endfor %}</table>",
    "{% if v %}<p class='a'>{% endif %}{{ w }}",
    "<div lang='{{ v }}'><p>{{ w }}</p></div>",
)
values = st.text(alphabet="ab<>\"'&;: {}", max_size=6) | st.sampled_from(["a", "", "b a"])


@given(
    st.sampled_from(SHEETS),
    st.lists(st.sampled_from(BODIES), min_size=1, max_size=3).map("".join),
    st.lists(st.tuples(values, values, st.sampled_from(["x", "<p>x</p>", "<b>"])), min_size=1, max_size=3),
)
def test_filled_and_rendered_are_the_same_with_styles(sheet: str, body: str, mails: list[tuple[str, str, str]]) -> None:
    plain = environment(DictLoader({"it.html": f"<style>{sheet}</style>{body}"}), Translations(()), "en")
    prepared = Prepared(tracing(plain, Translations(())), "it.html")
    for v, w, html in (*mails, *mails):
        variables = {"v": v, "w": w, "html": html}
        filled = prepared.fill(variables)
        if filled is not None:
            assert filled == inlined(plain.get_template("it.html").render(variables))


def test_a_usual_page_is_never_rendered_in_full() -> None:
    source = f"{SHEET}<table><tr><td><p class='b'>Dear {{{{ v }}}}</p><a href='{{{{ w }}}}'>x</a></td></tr></table>"
    plain = environment(DictLoader({"it.html": source}), Translations(()), "en")
    prepared = Prepared(tracing(plain, Translations(())), "it.html")
    filled = prepared.fill({"v": "<Ann>", "w": "/x"})
    assert filled is not None and "&lt;Ann&gt;" in filled and "color: red" in filled


def test_real_pages_get_their_styles(corpus: Path) -> None:
    folder = corpus / "04_html_templates"
    pages: list[Any] = [file for file in sorted(folder.rglob("*.html")) if "<style" in file.read_text(errors="replace")]
    styled = [page for page in pages if inlined(text := page.read_text(errors="replace")) != text]
    assert len(pages) >= 20
    assert len(styled) >= len(pages) * 0.8

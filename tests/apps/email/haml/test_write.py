"""HAML in Rookery: what Ruby becomes, what is refused, and that nothing in a template or a value can break out."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import DictLoader

from apps.email.errors import TemplateError
from apps.email.haml import HamlError, compile_haml
from apps.email.jinja import environment
from apps.email.prepare import Prepared, tracing
from apps.email.rails.traced import traced
from apps.email.templates import Templates
from apps.email.translations import Catalogues, Translations

ANN = {"name": "Ann <3", "tags": ["a", "b"], "nothing": None, "yes": True, "count": 3}


def rendered(haml: str, file: str = "it.html", **values: Any) -> str:
    found = environment(DictLoader({file: compile_haml(haml, file)}), Translations(()), "en")
    return found.get_template(file).render({**ANN, **values}).strip("\n")


@pytest.mark.parametrize(
    ("ruby", "said"),
    [
        ("@name", "Ann &lt;3"),
        ("name.upcase", "ANN &lt;3"),
        ("raw(@name)", "Ann <3"),
        ("nothing", ""),
        ("yes", "true"),
        ("yes ? 'a' : \"b\"", "a"),
        ("count + 1", "4"),
        ('"#{name}!" if count > 2', "Ann &lt;3!"),
        ('"#{count} of #{tags.size}"', "3 of 2"),
        ("tags.join(', ')", "a, b"),
        ("tags[0]", "a"),
        ("tags.first.upcase", "A"),
        ("tags.include?('a') && !nothing", "true"),
        ("nothing || 'none'", "none"),
        ("nothing.nil?", "true"),
        ("name.blank? or count == 3", "true"),
        ("%w[x y].last", "y"),
        (":symbol", "symbol"),
        ("1_000.5", "1000.5"),
        ("count # a comment", "3"),
        ("link_to 'Sign', \"/p?a=#{count}&b\", class: 'x'", "<a class='x' href='/p?a=3&amp;b'>Sign</a>"),
        ("mail_to name", "<a href='mailto:Ann &lt;3'>Ann &lt;3</a>"),
        ("user_url(@user, id: 1)", "U"),
        ("number_with_delimiter(1000 * count)", "3,000"),
    ],
)
def test_rubys_expressions(ruby: str, said: str) -> None:
    assert rendered(f"= {ruby}", user_url="U") == said


@pytest.mark.parametrize(
    ("haml", "html"),
    [
        ("- if count > 2\n  many\n- elsif yes\n  yes\n- else\n  none", "many"),
        ("- unless yes\n  no\n- else\n  yes", "yes"),
        ("- tags.each do |tag|\n  %li= tag", "<li>a</li>\n<li>b</li>"),
        ('- tags.each_with_index do |tag, i|\n  = "#{i}#{tag}"', "0a\n1b"),
        ("- {a: 1}.each do |k, v|\n  x", None),
        ("- 2.times do |i|\n  = i", "0\n1"),
        ("- (1..3).each do |i|\n  = i", "1\n2\n3"),
        ("- @x = 'v'\n= x", "v"),
        ("%a{href: name, data: {id: count}}", "<a data-id='3' href='Ann &lt;3'></a>"),
        ("%a{title: nothing, checked: yes}", "<a checked></a>"),
        ('.a{class: ["b", name]}', "<div class='a b Ann &lt;3'></div>"),
        ("%p {{ name }} {% raw %} {#", "<p>{{ name }} {% raw %} {#</p>"),
        ("{{#{count}}}", "{{3}}"),
        ('%pre= "a\\n" + name', "<pre>a&#x000A;Ann &lt;3</pre>"),
        ("= link_to '/x' do\n  %b Sign", "<a href='/x'><b>Sign</b></a>"),
        ("%p= t 'no.such', default: 'D'", "<p>D</p>"),
    ],
)
def test_html(haml: str, html: str | None) -> None:
    if html is None:
        with pytest.raises(HamlError):
            compile_haml(haml)
    else:
        assert rendered(haml) == html


def test_text_is_not_escaped() -> None:
    assert rendered("Dear #{name},\n= name\n\\- 5 < 6", "it.txt") == "Dear Ann <3,\nAnn <3\n- 5 < 6"


@pytest.mark.parametrize(
    ("haml", "line"),
    [
        ("%p\n= system('ls')", 2),
        ("%p\n\n  = User.find(1)", 3),
        ("- foo << 'x'", 1),
        ("= name.gsub(/a/, 'b')", 1),
        ("%p{", 1),
        (":ruby\n  x", 1),
        ("%p x\n  y", 1),
        ("%a\n   b\n  c", 3),
        ("- name\n  %p", 1),
        ("= image_tag 'x'", 1),
        ("%p.", 1),
        ("= '#{", 1),
        ("- as.each do |a|\n  = user_url(a)", 2),
        ("= user_url(a)\n= user_url(b)", 2),
    ],
)
def test_what_is_not_translated_is_refused_with_its_line(haml: str, line: int) -> None:
    with pytest.raises(HamlError, match=f"line {line}: ") as refused:
        compile_haml(haml, "mail/body.html")
    assert refused.value.name == "mail/body.html.haml"


def test_templates_partials_and_layouts_in_haml(tmp_path: Path) -> None:
    files = {
        "layouts/mail.html.haml": "%html\n  %head\n    = yield :head\n  %body\n    = yield",
        "notify/_who.html.haml": "%b= who",
        "notify/new/subject.haml": "News for #{name}",
        "notify/new/body.text.haml": "Hello #{name}",
        "notify/new/body.html.haml": (
            "-# layout: layouts/mail.html\n- content_for :head do\n  %title= subject\n= render 'who', who: name"
        ),
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    templates = Templates([tmp_path], Catalogues([]))
    assert templates.names() == ("notify/new",)
    assert templates.needs("notify/new").required == {"name"}
    found = templates.render("notify/new", ["en"], {"name": "A&B"})
    assert (found.subject, found.text) == ("News for A&B", "Hello A&B\n")
    title = "<html>\n<head>\n<title>News for A&amp;B</title>\n\n</head>"
    assert found.html == f"{title}\n<body>\n<b>A&amp;B</b>\n\n</body>\n</html>\n"


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "subject.haml").write_text("Hi")
    (tmp_path / "x" / "body.txt.haml").write_text("Hi\n= Time.now")
    with pytest.raises(TemplateError, match=r"x/body\.txt\.haml: line 2: "):
        Templates([tmp_path], Catalogues([])).needs("x")


USUAL = """
%p.lead{class: word} Hello #{name}
%a{href: "https://example.org/#{word}"}= name
- if count > 2
  %b= word.upcase
= link_to word, url
%input{value: word, disabled: nothing}
"""
values = st.text(max_size=6)


@given(st.lists(st.tuples(values, values, st.integers(0, 5), values), min_size=1, max_size=4))
def test_compiled_haml_is_prepared_and_filled_with_the_same_text(mails: list[tuple[str, str, int, str]]) -> None:
    plain = environment(DictLoader({"it.html": compile_haml(USUAL, "it.html")}), Translations(()), "en")
    prepared = Prepared(traced(tracing(plain, Translations(()))), "it.html")
    for word, name, count, url in mails:
        variables = {"word": word, "name": name, "count": count, "url": url, "nothing": None}
        assert prepared.fill(variables) == plain.get_template("it.html").render(variables)


@given(st.text(alphabet="ab{%#}'\"<>&=\\ \n-+", max_size=12))
def test_whatever_a_value_holds_it_stays_a_value(value: str) -> None:
    html = rendered("%a{href: name}= name", name=value)
    assert html.count("<") == 2 and html.count(">") == 2
    assert html.count("'") == 2

"""Templates that do everything with values that templates do, and the values of mails to many people."""

from hypothesis import strategies as st

words = st.text(max_size=30)
scalars = words | st.integers() | st.booleans() | st.none() | st.floats(allow_nan=False)
#: What templates do with values. `{v}` is replaced by a variable, `{b}` by another fragment.
PLAIN = (
    "text",
    "<p>&amp; {{{{ {v} }}}}</p>",
    "{{{{ {v} }}}}{{{{ {v} }}}}",
    "{{{{ person.name }}}}",
    "{{{{ person.attributes.city|default('nowhere') }}}}",
    "{{{{ {v}|default('-', true)|upper }}}}",
    "{{{{ {v}|string|trim }}}}",
    "{{{{ {v}|truncate(5) }}}}",
    "{{{{ {v}|escape }}}}",
    "{{{{ {v}|string|length }}}}",
    "{{{{ {v}|tojson }}}}",
    "{{% trans a={v} %}}Dear {{{{ a }}}}, 100 %{{% endtrans %}}",
    "{{{{ _('Hello %(x)s', x={v}) }}}}",
    "{{% trans n=number %}}one{{% pluralize %}}{{{{ n }}}} of them{{% endtrans %}}",
    "{{{{ ngettext('%(num)s sheep', '%(num)s sheep!', number) }}}}",
    "{{{{ button({v}, 'label') }}}}",
    "{{{{ button('https://example.org', _('%(x)s', x={v})) }}}}",
    "{{{{ t('.greeting', default='Dear %{{x}} & %{{y}}', x={v}, y={w}) }}}}",
    "{{{{ t('.greeting_html', default='<b>%{{x}}</b>', x={v}) }}}}",
    "{{{{ t('.none', x={v}) }}}}",
    "{{{{ l('2026-11-22', format='long') }}}}{{{{ {v}|l }}}}",
    "{{{{ {v}|haml_text }}}}<i{{{{ {v}|haml_attribute('class', false, ['a']) }}}}>{{{{ {v}|haml_preserve }}}}</i>",
    "{{{{ {v} ~ 'x' }}}}",
    "{{{{ [1, {v}, 3]|join(',') }}}}",
    "{{{{ button({v}, 'l')|upper }}}}",
    "{{{{ {v}|safe }}}}",
    "{{{{ _('Hello %(x)s', x={v})|length }}}}",
    "{{{{ number + 1 }}}}",
    "{{{{ number * 2 > 7 }}}}",
    "{{{{ {v}.upper() }}}}",
    "{{{{ {v}[0] }}}}",
    "{{{{ {v}|replace('a', 'b') }}}}",
    "{{{{ _('Hello %(x)r', x={v}) }}}}",
    "{{{{ {v} == {w} }}}}",
    "{{{{ {{'a': 1}}[{v}]|default('none') }}}}",
    "{{{{ {v}|length }}}}",
    "\n.\n..{{{{ {v} }}}}\n",
    "\u202b{{{{ {v} }}}}",
)
AROUND = (
    "{{% if {v} %}}{b}{{% else %}}other{{% endif %}}",
    "{{% if {v} == 'yes' %}}{b}{{% endif %}}",
    "{{% if number > 1 and not {v} %}}{b}{{% elif {v} is defined %}}two{{% endif %}}",
    "{{% if {v} is none %}}{b}{{% endif %}}",
    "{{% if {v} is string and {v} in ['yes', 'a'] %}}{b}{{% endif %}}",
    "{{% for one in [1, 2] %}}{{{{ one }}}}{b}{{% endfor %}}",
    "{{% for one in {v} %}}{{{{ one }}}}{{% else %}}{b}{{% endfor %}}",
    "{{% set kept = {v} %}}{b}{{{{ kept }}}}",
    "{{% set kept %}}{b}{{% endset %}}{{{{ kept|upper }}}}",
    "{{% filter upper %}}{b}{{% endfilter %}}",
    "{{% with inner = {v} %}}{{{{ inner }}}}{b}{{% endwith %}}",
    "{{% if person.attributes.city is defined %}}{b}{{% endif %}}",
    "{{% macro said(x) %}}<{{{{ x }}}}>{{% endmacro %}}{{{{ said({v}) }}}}{b}",
    "{{% if button({v}, '') %}}{b}{{% endif %}}",
    "{{% if {v} is divisibleby 2 %}}{b}{{% endif %}}",
    "{{% if {v} < 3 %}}{b}{{% endif %}}",
)
names = st.sampled_from(["word", "number", "maybe", "person.name", "person.attributes.city", "subject", "absent"])
PARTS = '{% macro button(link, label) %}<a href="{{ link }}">{{ label }}</a>{% endmacro %}'


@st.composite
def fragments(draw: st.DrawFn, depth: int = 3) -> str:
    pieces = []
    for _ in range(draw(st.integers(1, 3))):
        around = depth > 0 and draw(st.booleans())
        pattern = draw(st.sampled_from(AROUND if around else PLAIN))
        inner = draw(fragments(depth - 1)) if around else ""
        pieces.append(pattern.format(v=draw(names), w=draw(names), b=inner))
    return "".join(pieces)


people = st.fixed_dictionaries(
    {
        "word": words,
        "number": st.integers(-3, 12),
        "subject": words,
        "maybe": scalars | st.sampled_from(["yes", "", "a"]),
    },
).flatmap(
    lambda variables: st.fixed_dictionaries(
        {"name": words, "attributes": st.dictionaries(st.just("city"), scalars, max_size=1)}
    ).map(lambda person: {**variables, "person": person})
)

"""What a template's syntax tree says without rendering it: the variables it needs, the messages it translates. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from jinja2 import Environment, nodes
from jinja2.ext import extract_from_ast
from jinja2.meta import find_referenced_templates, find_undeclared_variables

from apps.email.enclosures import PICTURES, references
from apps.email.rails.keys import CONTEXT, absolute, scoped

#: What Rookery itself gives to every template; an event's data of the same name is not seen.
PROVIDED = frozenset({"person", "lang", "direction", "subject"})

Message = tuple[str | None, str]  # context, singular


@dataclass(frozen=True, slots=True)
class Needs:
    """The variables a template uses. Optional are those it asks about (`x is defined`, `x|default(...)`)."""

    required: frozenset[str]
    optional: frozenset[str]


@dataclass(frozen=True, slots=True)
class Tree:
    """One parsed file."""

    name: str
    root: nodes.Template
    variables: frozenset[str]


def trees(environment: Environment, names: Iterable[str]) -> list[Tree]:
    """Parse these files and all they include, extend or import by a constant name.

    Raises Jinja's TemplateNotFound and TemplateSyntaxError.
    """
    found: dict[str, Tree] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        root = _parse(environment, name)
        found[name] = Tree(name, root, frozenset(find_undeclared_variables(root)))
        waiting += [reference for reference in find_referenced_templates(root) if reference]
    return list(found.values())


def _parse(environment: Environment, name: str) -> nodes.Template:
    assert environment.loader is not None
    source, filename, _ = environment.loader.get_source(environment, name)
    return environment.parse(source, name, filename)


def needs_of(found: Sequence[Tree]) -> Needs:
    made = {name for tree in found for name in _made(tree.root)}
    used = frozenset().union(*(tree.variables for tree in found)) - PROVIDED - made
    optional = used & {name for tree in found for name in _asked_about(tree.root)}
    return Needs(used - optional, optional)


def _made(root: nodes.Template) -> Iterator[str]:
    """Names a file imports or sets at its top: its blocks see them, although each block is a scope of its own."""
    for imported in root.find_all(nodes.FromImport):
        yield from (name if isinstance(name, str) else name[1] for name in imported.names)
    yield from (imported.target for imported in root.find_all(nodes.Import))
    for given in root.find_all(nodes.With):
        if given.find(nodes.Include):  # what the included file is given
            yield from (target.name for target in given.targets if isinstance(target, nodes.Name))
    for assignment in root.iter_child_nodes():
        if isinstance(assignment, nodes.Assign | nodes.AssignBlock) and isinstance(assignment.target, nodes.Name):
            yield assignment.target.name


def _asked_about(root: nodes.Template) -> Iterator[str]:
    for test in root.find_all(nodes.Test):
        if test.name in {"defined", "undefined"} and isinstance(test.node, nodes.Name):
            yield test.node.name
    for call in root.find_all(nodes.Filter):
        if call.name in {"default", "d"} and isinstance(call.node, nodes.Name):
            yield call.node.name


def mentions_of(found: Sequence[Tree]) -> frozenset[str]:
    """All names that stand anywhere in the files."""
    names = {node.name for tree in found for node in tree.root.find_all(nodes.Name)}
    return frozenset(names | {node.attr for tree in found for node in tree.root.find_all(nodes.Getattr)})


def pictures_of(found: Sequence[Tree]) -> frozenset[str]:
    """`logo.png` for every `cid:logo.png` that stands in the files as it is."""
    written = (node.data for tree in found for node in tree.root.find_all(nodes.TemplateData))
    constant = (node.value for tree in found for node in tree.root.find_all(nodes.Const))
    # Such a constant may be the whole of an attribute, whose quotes stand elsewhere.
    texts = (text.partition("@")[0] for text in constant if isinstance(text, str))
    whole = (f"{text} " for text in texts if text.lower().endswith(tuple(PICTURES)))
    return frozenset().union(*map(references, (*written, *whole)))


def attributes_of(found: Sequence[Tree]) -> frozenset[str]:
    """`city` for every `person.attributes.city`, unless the template asks whether it is there."""
    used = {name for tree in found for node in tree.root.find_all(nodes.Getattr) if (name := _attribute(node))}
    used |= {name for tree in found for node in tree.root.find_all(nodes.Getitem) if (name := _attribute(node))}
    asking = (node for tree in found for node in tree.root.find_all((nodes.Test, nodes.Filter)))
    return frozenset(used - {name for node in asking if (name := _asked_attribute(node))})


def _attribute(node: nodes.Node | None) -> str | None:
    """The attribute that `person.attributes.NAME` or `person.attributes['NAME']` stands for."""
    match node:
        case nodes.Getattr(node=nodes.Getattr(node=nodes.Name(name="person"), attr="attributes"), attr=name):
            return str(name)
        case nodes.Getitem(
            node=nodes.Getattr(node=nodes.Name(name="person"), attr="attributes"), arg=nodes.Const(value=str(name))
        ):
            return name
    return None


def _asked_attribute(node: nodes.Node) -> str | None:
    match node:
        case nodes.Test(name="defined" | "undefined", node=inner) | nodes.Filter(name="default" | "d", node=inner):
            return _attribute(inner)
    return None


def messages_of(found: Sequence[Tree]) -> tuple[Message, ...]:
    """All constant messages and keys of phrases, each once, in the order of the files."""
    calls = (call for tree in found for call in extract_from_ast(tree.root, babel_style=False))
    messages = [_message(function, strings) for _, function, strings in calls]
    return tuple(dict.fromkeys([*messages, *(key for tree in found for key in _phrases(tree))]))


def _phrases(tree: Tree) -> Iterator[Message]:
    """What `t('...')` asks for, if both key and scope are constant."""
    for call in tree.root.find_all(nodes.Call):
        if not (isinstance(call.node, nodes.Name) and call.node.name == "t" and call.args):
            continue
        scope = next((option.value for option in call.kwargs if option.key == "scope"), nodes.Const(None))
        try:
            key = scoped(str(call.args[0].as_const()), scope.as_const())
        except nodes.Impossible:
            continue
        yield CONTEXT, absolute(key, tree.name)


def _message(function: str, strings: object) -> Message:
    assert isinstance(strings, tuple)
    return (strings[0], strings[1]) if function in {"pgettext", "npgettext"} else (None, strings[0])

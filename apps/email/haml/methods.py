"""Ruby's methods and what they are in Jinja. Whatever else has no arguments is an attribute."""

#: Methods of values that are filters here, or questions.
FILTERS = {
    "upcase": "upper",
    "downcase": "lower",
    "capitalize": "capitalize",
    "titleize": "title",
    "strip": "trim",
    "size": "length",
    "length": "length",
    "count": "length",
    "first": "first",
    "last": "last",
    "to_s": "string",
    "to_i": "int",
    "to_f": "float",
    "html_safe": "safe",
    "reverse": "reverse",
    "sort": "sort",
    "uniq": "unique",
    "to_a": "list",
    "round": "round",
    "abs": "abs",
    "to_json": "tojson",
    "sum": "sum",
    "max": "max",
    "min": "min",
}
QUESTIONS = {
    "nil?": "({} is none)",
    "present?": "(not not {})",
    "blank?": "(not {})",
    "empty?": "(not {})",
    "any?": "(not not {})",
    "even?": "({} is even)",
    "odd?": "({} is odd)",
    "zero?": "({} == 0)",
    "positive?": "({} > 0)",
}
#: Methods with one argument.
WITH_ARGUMENT = {
    "join": "({}|join({}))",
    "include?": "({1} in {0})",
    "truncate": "({}|truncate({}))",
    "round": "({}|round({}))",
    "strftime": "l({}, {})",
    "fetch": "{}[{}]",
    "starts_with?": "{}.startswith({})",
}

"""Rails I18n in Rookery: its YAML as catalogues beside gettext, and `t()` and `l()` in templates."""

"""`rookery top`: the live tree of a running root. `frame` says what is shown, `screen` shows it."""

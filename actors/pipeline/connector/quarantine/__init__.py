"""Messages put aside: kept in the database with reason and traceback, to be looked at, edited, replayed or dropped."""

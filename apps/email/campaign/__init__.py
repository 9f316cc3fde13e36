"""Sends: one event, or one command, to an audience of any size, with books that balance.

    start -> draft      the audience is frozen page by page
             frozen     it is complete and numbered 1..targeted; the checks before a send are made
             running    the fan-out publishes chunks of at most 500 numbers; dispatchers claim, hand over and settle
             finished   everybody is accounted for

The tables are the only truth: `sends` (orders and their states), `freezing` (who is meant), `chunks` (what is on its
way), `mails` (what became of each person), `books` (the sums). All are functions over a connection, inside somebody's
transaction; `fanout` is the one actor, and a crash of it anywhere neither doubles nor skips a person.
"""

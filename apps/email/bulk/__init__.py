"""The way of a campaign's chunk: people read at once, mails filled, claimed and handed over window by window, settled.

`letters` makes the mails of one send, `work` keeps the book of one chunk, `answers` says what a server's word means for
it, and `dispatcher` is the one actor.
"""

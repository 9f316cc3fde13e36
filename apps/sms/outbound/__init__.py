"""Texts out: one authority hands what is queued over to the carriers, and follows what becomes of it.

    texts, pieces      a text as it waits; what of it is handed over at once
    queue, backlog     read from the database, flow by flow; whose turn it is (with `turns`)
    desk               what is to be done with it: quiet hours, consent, `routing`
    claims, clerk      claimed right before it leaves; the clerk is the way to the database
    dock, authority    wait for the limits, charge, log, hand over (with `pressure`, `links`, `handing`)
    parcel, results    what follows from the carriers' answers
    known, receipts    what is known of it afterwards, in any order (`progress`, `ids`)
    questions, asker   carriers are asked for texts whose receipts do not come
    lookup, verbs      seen from outside

Not guaranteed: that a text which left us arrived. If nobody answered for it, it is in doubt, and listed so.
"""

"""The hub: leaders, members, and what is answered to whom.

What is answered is decided in `answering` (pure); `working` carries it out for many texts in one transaction.
"""

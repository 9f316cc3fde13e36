"""The real servers that tests need: installed from Debian, started on loopback, on ports and folders of their own.

`python -m tests.services start` leaves running what already answers, so it costs next to nothing the second time;
`stop` ends what `start` started. Nothing here touches a server that the machine runs for somebody else.
"""

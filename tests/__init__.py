"""The tests mirror the three packages; `services` starts the real servers and `leaks` finds what a test left."""

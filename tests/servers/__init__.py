"""Servers of a test's own, which it may freeze, cut off and kill; those that all tests share are in tests/services."""

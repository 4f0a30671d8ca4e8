"""Whom a change of a contract breaks: stored history, existing consumers, or nobody."""

"""A starter contract from a table's data, with the evidence of each rule beside it."""

from sparkguard.suggest.measuring import Suggestion, suggest

__all__ = ["Suggestion", "suggest"]

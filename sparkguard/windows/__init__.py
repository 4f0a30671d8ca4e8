"""Windowed features as plain data: what is declared, an obvious oracle, bugs and how to tell them.

Nothing here needs Spark.
"""

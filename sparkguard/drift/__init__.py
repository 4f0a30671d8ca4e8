"""Statistics and decision rules of drift: plain numbers in, plain numbers out.

Counts come as arrays of cells on one common set of bins. Functions work along the last axis and
broadcast over the others, so that a year of partitions is compared with a baseline at once.
"""

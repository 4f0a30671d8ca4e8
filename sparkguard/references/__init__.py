"""What a references check makes of the keys it sees: numbers, causes, curves, comparisons."""

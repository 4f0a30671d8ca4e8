"""How results are shown: escaped markup, lines of text, and capped tables in notebooks."""

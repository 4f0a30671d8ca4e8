"""Shapes of input: one per file; after a relation everything is counting."""

from sparkguard.siblings import import_siblings

import_siblings(__name__, __path__)

"""The rules: one check per file; adding a file adds a check."""

from sparkguard.siblings import import_siblings

import_siblings(__name__, __path__)

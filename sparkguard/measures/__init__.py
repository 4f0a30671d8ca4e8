"""Statistics whose states merge: one per file, each with its bytes and its named metrics."""

from sparkguard.siblings import import_siblings

import_siblings(__name__, __path__)

"""The result tables as constants, one file per topic; a new file here adds its tables."""

from sparkguard.results.schemas.base import GENERATION, TABLES, Column, Table, register
from sparkguard.siblings import import_siblings

import_siblings(__name__, __path__)

__all__ = ["GENERATION", "TABLES", "Column", "Table", "register"]

"""Stored or finished runs as documents: JUnit XML, HTML."""

from sparkguard.report.model import Report
from sparkguard.report.page import render
from sparkguard.report.reading import read_report

__all__ = ["Report", "read_report", "render"]

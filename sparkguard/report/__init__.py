"""Stored or finished runs as documents: JUnit XML, HTML."""

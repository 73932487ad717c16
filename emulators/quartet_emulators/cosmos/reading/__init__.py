"""Reads of many items: queries, feeds and the change feed, page by page."""

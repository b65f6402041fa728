"""Keeps the posting lists of `analytics.lists`: writes new files as events arrive, joins small ones, rebuilds and verifies them."""

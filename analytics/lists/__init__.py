"""Posting lists: events of one name sorted by (user, time, arrival), kept beside the warehouse and mapped into memory."""

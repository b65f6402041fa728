"""Telling someone: outbox, retry, delivery log, templates, channels."""

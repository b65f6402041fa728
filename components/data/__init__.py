"""The Data page: what comes in from where, what is meant to, what could not be kept, and the keys to send with."""

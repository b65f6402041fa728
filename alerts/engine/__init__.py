"""From a due rule to a message in the outbox: claim, evaluate, decide, then inhibit, silence, group, throttle, route, send, record."""

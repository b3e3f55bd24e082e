"""AMQP 0-9-1 on the wire, read within bounds: frames, methods, field tables. Whoever stands at either end uses it."""

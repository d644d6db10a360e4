"""What a request is, on the wire and as a call of a service, and what such a call must be allowed."""

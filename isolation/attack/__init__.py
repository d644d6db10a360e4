"""The attack matrix: every way past the application to another tenant's data that we know of, tried on a running stage.

It holds scoped credentials and goes straight to the services. A cell is one attack; it names the control that must
refuse it, and is told apart from something broken by its twin, the same call within the caller's own rights.
"""

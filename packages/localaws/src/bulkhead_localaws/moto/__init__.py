"""The emulator behind the gate: moto, its memory as the gate's catalogs and directory, and what it must not be passed.

The only folder that imports moto. That moto reads some requests in a way of its own is known to the services as well.
"""

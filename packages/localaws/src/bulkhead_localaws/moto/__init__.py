"""The emulator behind the gate: moto, its memory as the gate's catalogs and directory, and what it must not be passed.

The only folder that imports moto, so that the gate can stand in front of another emulator.
"""

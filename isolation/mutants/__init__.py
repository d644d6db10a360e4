"""Mutants: the real app with one bug in it, as a tired colleague might merge it.

Each runs twice: with one control off, where it must leak, so that the bug is one; and with every control on, where it
must leak nothing, and the report names what refused it.
"""

"""Canaries: each control of a stack is weakened in turn, and the evidence must turn red.

Evidence that stays green when a control is gone has not shown that the control works. A stack of its own is weakened:
the policies that are applied to it, its database, and the code that its API runs.
"""

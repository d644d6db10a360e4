"""The proof: reads the policies out of a plan of Terraform, and shows for all tenants and all keys what they allow.

`planproof PLAN.json` proves that no session of one tenant reaches a partition of another, that every
data action carries the leading-key condition with its guard, and that no other principal of the plan has a path to
tenants' data. What is unknown, unsupported or not known at plan time counts as not proved.
"""

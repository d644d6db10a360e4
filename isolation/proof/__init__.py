"""The proof about this app's own plans: what they are held against, and how they are made."""

"""What isolation costs, and what the local AWS costs, each side by side with something known."""

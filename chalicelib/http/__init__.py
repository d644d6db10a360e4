"""What all routes share: authorization, bodies, answers, and their description."""

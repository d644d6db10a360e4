"""What the tests of the prover share."""

"""A real PostgreSQL on loopback that ends with whoever started it. It needs the extra `postgres`."""

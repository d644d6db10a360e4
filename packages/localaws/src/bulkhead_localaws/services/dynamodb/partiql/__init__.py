"""PartiQL for DynamoDB: reading a statement well enough to say which partitions it can touch."""

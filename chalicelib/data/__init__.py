"""How stores reach data: partitions of the pooled table, the database, the registry of tenants."""

"""Who calls: the tenant, as a verified token says, and what it may do."""

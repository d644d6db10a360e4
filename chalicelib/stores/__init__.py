"""One file per kind of data; each store works for one tenant with that tenant's scoped credentials."""

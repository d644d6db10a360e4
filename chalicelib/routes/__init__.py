"""One blueprint per resource: parse, call a store, shape the answer."""

# Where a module's resources are, and what their names begin with: one object for all modules, which this one checks.

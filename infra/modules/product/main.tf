# What the product is called: the names of a stage's resources are made of it, and so is the tag Project. Both roots ask here.
# A product is renamed by the default in variables.tf and by PRODUCT in chalicelib/__init__.py, which a test compares.

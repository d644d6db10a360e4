// The page of the tests of this module.

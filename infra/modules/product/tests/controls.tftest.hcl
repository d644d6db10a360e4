# What the product may be called. tests/infra/test_product.py tells it of more names, and Python of the same.

run "the_product_has_a_name" {
  command = plan

  assert {
    condition     = output.name == var.name
    error_message = "The name must be the one that was given."
  }
}

run "the_longest_name_leaves_room_for_the_longest_stage" {
  command = plan

  variables {
    name = "abcdefghij-klmnopqr"
  }

  assert {
    condition     = length("${output.name}-a-stage-name-of-20-x") == 40
    error_message = "A product's and a stage's name must make one of 40 characters at most, as a placement has it."
  }
}

# What the module refuses to be given.

run "a_name_is_of_lower_case_letters" {
  command = plan

  variables {
    name = "Example"
  }

  expect_failures = [var.name]
}

run "a_name_is_short_enough_for_a_bucket" {
  command = plan

  variables {
    name = "abcdefghij-klmnopqrs"
  }

  expect_failures = [var.name]
}

run "a_name_begins_with_no_word_of_aws" {
  command = plan

  variables {
    name = "sg"
  }

  expect_failures = [var.name]
}

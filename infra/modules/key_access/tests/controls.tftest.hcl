# What a role may do with the stage's own key, read from the plan alone: statements that are not known at plan time
# fail here as well ("Unknown condition value").

variables {
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11112222-3333-4444-5555-666677778888"
}

run "the_key_is_used_through_one_service_only" {
  command = plan

  assert {
    condition = jsonencode(output.writing.dynamodb) == jsonencode([{
      Sid       = "WriteWithKeyThroughDynamoDbOnly"
      Effect    = "Allow"
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = ["arn:aws:kms:eu-central-1:123456789012:key/11112222-3333-4444-5555-666677778888"]
      Condition = { StringEquals = { "kms:ViaService" = "dynamodb.eu-central-1.amazonaws.com" } }
    }])
    error_message = "Who writes must use this one key, to encrypt and to decrypt, and through the service only."
  }

  assert {
    condition = {
      for service, statements in merge(output.reading, { for service, s in output.writing : "writing ${service}" => s }) :
      service => [for s in statements : s.Condition.StringEquals["kms:ViaService"]]
      } == {
      dynamodb                 = ["dynamodb.eu-central-1.amazonaws.com"]
      lambda                   = ["lambda.eu-central-1.amazonaws.com"]
      s3                       = ["s3.eu-central-1.amazonaws.com"]
      secretsmanager           = ["secretsmanager.eu-central-1.amazonaws.com"]
      "writing dynamodb"       = ["dynamodb.eu-central-1.amazonaws.com"]
      "writing lambda"         = ["lambda.eu-central-1.amazonaws.com"]
      "writing s3"             = ["s3.eu-central-1.amazonaws.com"]
      "writing secretsmanager" = ["secretsmanager.eu-central-1.amazonaws.com"]
    }
    error_message = "Each statement must name the one service in the key's region through which the key is used."
  }
}

run "who_reads_decrypts_only" {
  command = plan

  assert {
    condition     = alltrue([for statements in output.reading : [for s in statements : s.Action] == [["kms:Decrypt"]]])
    error_message = "Who reads must be allowed to decrypt, and nothing else."
  }
}

run "a_stage_without_a_key_has_no_statements" {
  command = plan

  variables {
    kms_key_arn = null
  }

  assert {
    condition     = length(flatten(concat(values(output.reading), values(output.writing)))) == 0
    error_message = "There must be no statement without a key."
  }
}

# What the module refuses to be given.

run "an_alias_is_refused" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:alias/example"
  }

  expect_failures = [var.kms_key_arn]
}

run "every_key_is_refused" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/*"
  }

  expect_failures = [var.kms_key_arn]
}

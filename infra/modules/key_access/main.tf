# What a role may do with the stage's own KMS key, for each service that keeps something encrypted with it. Statements
# of a policy, no resources: none in a stage whose data is encrypted with the services' keys.

locals {
  services = {
    dynamodb       = "DynamoDb"
    lambda         = "Lambda"
    s3             = "S3"
    secretsmanager = "SecretsManager"
  }

  # A role never calls KMS by itself: only the service may use the key for it, so that what the role gets decrypted is
  # what its other statements let it read. The key's region is the services'.
  # Source: https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
  statements = {
    for right, actions in {
      Read  = ["kms:Decrypt"]
      Write = ["kms:Decrypt", "kms:GenerateDataKey"]
      } : right => {
      for service, title in local.services : service => [
        for arn in var.kms_key_arn[*] : {
          Sid       = "${right}WithKeyThrough${title}Only"
          Effect    = "Allow"
          Action    = actions
          Resource  = [arn]
          Condition = { StringEquals = { "kms:ViaService" = "${service}.${split(":", arn)[3]}.amazonaws.com" } }
        }
      ]
    }
  }
}

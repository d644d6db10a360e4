"""Which kinds of resources the proof knows, and why those that it does not read are harmless.

What is in none of these lists may give anybody anything, and a plan that has it is not proved.
"""

from __future__ import annotations

#: Read elsewhere, or harmless: they grant nothing, or on something where no tenant's data is.
UNDERSTOOD = {
    "aws_s3_bucket": "its policy is read",
    "aws_sns_topic": "a topic holds no tenant's data; its policy is read",
    "aws_sqs_queue": "a queue holds no tenant's items; its policy is read",
    "aws_sqs_queue_redrive_allow_policy": "says which queues may send what failed",
    "aws_iam_service_linked_role": "its policy is AWS's own",
    "aws_iam_instance_profile": "hands a role to EC2, which its trust policy must name",
    "aws_iam_openid_connect_provider": "whoever it lets in, a trust policy must name",
    "aws_iam_saml_provider": "as above",
    "aws_secretsmanager_secret": "a secret, whose policy is read",
    "aws_secretsmanager_secret_version": "a value",
    "aws_secretsmanager_secret_rotation": "its function's role is a principal like any other",
    "aws_vpc_endpoint": "its policy can only narrow",
    "aws_api_gateway_rest_api": "who calls an API is the application's affair, and its authorizer's",
    "aws_s3_bucket_public_access_block": "narrows",
    "aws_s3_bucket_ownership_controls": "narrows",
    "aws_s3_bucket_server_side_encryption_configuration": "encrypts",
    "aws_s3_bucket_versioning": "keeps",
    "aws_s3_bucket_lifecycle_configuration": "deletes",
    "aws_s3_bucket_logging": "logs",
    "aws_s3_object": "an object that Terraform puts there",
    "aws_cognito_user_pool": "users sign in; what a token opens is the application's affair",
    "aws_cognito_user_pool_client": "as above",
    "aws_cognito_user_pool_domain": "as above",
    "aws_cognito_user_group": "as above",
    "aws_dynamodb_table_item": "an item that Terraform puts there",
    "aws_dynamodb_contributor_insights": "counts keys",
    "aws_kms_key": "decrypts what another statement lets somebody read",
    "aws_kms_alias": "a name",
    "aws_kms_key_policy": "as aws_kms_key",
}

#: Kinds that hand no tenant's data to anybody: each acts with a role, or carries what somebody may have. A name that
#: ends in `_` is that of a family.
HARMLESS_FAMILIES = {
    "aws_api_gateway_": "takes requests, for functions that act with their roles",
    "aws_cloudfront_": "hands out what a bucket's policy lets it read",
    "aws_cloudwatch_composite_alarm": "an alarm",
    "aws_cloudwatch_dashboard": "shows measurements",
    "aws_cloudwatch_event_rule": "says when",
    "aws_cloudwatch_event_target": "runs what a permission lets it run, or what its role may",
    "aws_cloudwatch_log_": "logs",
    "aws_cloudwatch_metric_": "measurements, and alarms about them",
    "aws_db_instance": "a database, which knows no IAM but the login of a user",
    "aws_db_subnet_group": "where it is",
    "aws_db_parameter_group": "how it works",
    "aws_lambda_function": "acts with its role",
    "aws_lambda_function_event_invoke_config": "how often it is tried",
    "aws_lambda_alias": "a name of a function",
    "aws_sns_topic_subscription": "hands on what somebody may publish",
    "aws_vpc": "a network",
    "aws_vpc_security_group_": "narrows",
    "aws_subnet": "a network",
    "aws_route": "a network",
    "aws_route_table": "a network",
    "aws_route_table_association": "a network",
    "aws_internet_gateway": "a network",
    "aws_nat_gateway": "a network",
    "aws_network_acl": "narrows",
    "aws_network_acl_rule": "narrows",
    "aws_security_group": "narrows",
    "aws_security_group_rule": "narrows",
    "aws_default_": "a network, as AWS makes it",
    "aws_acm_": "a certificate",
    "aws_wafv2_": "narrows who calls",
}

#: Resources of these providers reach nothing on AWS.
HARMLESS_PROVIDERS = (
    *("terraform_data", "random_", "null_resource", "null_data_source", "archive_", "tls_", "time_"),
    *("local_file", "local_sensitive_file"),
)

#: AWS's own policies that reach no tenant's data: logs, traces, network interfaces.
MANAGED_POLICIES = frozenset(
    {
        "service-role/AWSLambdaBasicExecutionRole",
        "service-role/AWSLambdaVPCAccessExecutionRole",
        "AWSXRayDaemonWriteAccess",
        "AWSXrayWriteOnlyAccess",
    }
)

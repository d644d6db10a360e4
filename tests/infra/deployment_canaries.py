"""The canaries of what only a stage on AWS has: rights of running functions, keys, network, web page, alarms."""

from __future__ import annotations

from tests.infra.canary import Canary, unrefused

_FUNCTION_RIGHTS = "modules/function_rights"
_KEY_ACCESS = "modules/key_access"
_EXECUTION_ROLE = "modules/execution_role"
_CONTROL_PLANE = "modules/control_plane"
_DATABASE_FUNCTIONS = "modules/database_functions"
_TENANT_ROLE = "modules/tenant_role"
_NETWORK = "modules/network"
_WEB = "modules/web"
_ALARMS = "modules/alarms"

DEPLOYMENT_CANARIES = [
    # What a function needs to run.
    Canary(
        "a function writes to every log",
        _FUNCTION_RIGHTS,
        old='["${local.log_arn}:*"]',
        new='["*"]',
        complaint="The function must write to its own log group, make none, and read none.",
    ),
    Canary(
        "a function makes log groups",
        _FUNCTION_RIGHTS,
        old='["logs:CreateLogStream", ',
        new='["logs:CreateLogGroup", "logs:CreateLogStream", ',
        complaint="The function must write to its own log group, make none, and read none.",
    ),
    Canary(
        "the code of a function makes network interfaces",
        _FUNCTION_RIGHTS,
        old='Effect    = "Deny"',
        new='Effect    = "Allow"',
        complaint="Whatever Lambda may do with network interfaces must be denied to the function's own code.",
    ),
    Canary(
        "another function is denied network interfaces",
        _FUNCTION_RIGHTS,
        old="[local.function_arn]",
        new='["${local.function_arn}s"]',
        complaint="Whatever Lambda may do with network interfaces must be denied to the function's own code.",
    ),
    Canary(
        "a function outside the network has interfaces",
        _FUNCTION_RIGHTS,
        old="range(var.in_vpc ? 1 : 0)",
        new="range(1)",
        complaint="A right must go with what needs it.",
    ),
    Canary(
        "a runtime policy may be added by hand",
        _EXECUTION_ROLE,
        old="[for function, policy in aws_iam_role_policy.runtime : policy.name if function == each.key]",
        new='["Runtime"]',
        complaint="Only the function that is given a second policy must have one.",
    ),
    Canary(
        "every function has the same runtime policy",
        _EXECUTION_ROLE,
        old='name   = "Runtime"\n  role   = aws_iam_role.this[each.key].name',
        new='name   = "Runtime"\n  role   = values(aws_iam_role.this)[1].name',
        complaint="Each role must have the policy that is given for its function.",
    ),
    # The stage's own key.
    Canary(
        "the key is used by roles themselves",
        _KEY_ACCESS,
        old='          Condition = { StringEquals = { "kms:ViaService" = "${service}.',
        new='          Comment   = { StringEquals = { "kms:ViaService" = "${service}.',
        complaint="through the service only",
    ),
    Canary(
        "the key is used through every service",
        _KEY_ACCESS,
        old='"${service}.${split(":", arn)[3]}.amazonaws.com"',
        new='[for s in keys(local.services) : "${s}.${split(":", arn)[3]}.amazonaws.com"]',
        complaint="through the service only",
    ),
    Canary(
        "who reads may encrypt",
        _KEY_ACCESS,
        old='Read  = ["kms:Decrypt"]',
        new='Read  = ["kms:Decrypt", "kms:GenerateDataKey"]',
        complaint="Who reads must be allowed to decrypt, and nothing else.",
    ),
    unrefused(
        "any key may be given",
        _KEY_ACCESS,
        old="[0-9]{12}:key/[A-Za-z0-9-]+$",
        new="[0-9]{12}:key/",
    ),
    Canary(
        "sessions encrypt secrets",
        _TENANT_ROLE,
        old="[] : module.key_access.reading.secretsmanager",
        new="[] : module.key_access.writing.secretsmanager",
        complaint="The key must be used through DynamoDB and, to decrypt, through Secrets Manager",
    ),
    Canary(
        "listing tenants encrypts",
        _CONTROL_PLANE,
        old="list_tenants    = module.key_access.reading.dynamodb",
        new="list_tenants    = module.key_access.writing.dynamodb",
        complaint="write with it only where it writes",
    ),
    Canary(
        "migrations encrypt secrets",
        _DATABASE_FUNCTIONS,
        old="], module.key_access.reading.secretsmanager)",
        new="], module.key_access.writing.secretsmanager)",
        complaint="migrate_database must decrypt, rotate_secret also encrypt",
    ),
    # Who reaches what in the network.
    Canary(
        "the network leads to the internet",
        _NETWORK,
        old="  vpc_id = aws_vpc.this.id\n  route  = []\n",
        new='  vpc_id = aws_vpc.this.id\n\n  route {\n    cidr_block = "0.0.0.0/0"\n    gateway_id = "igw-1"\n  }\n',
        complaint="No table may have a route out of the network.",
    ),
    Canary(
        "subnets have public addresses",
        _NETWORK,
        old="map_public_ip_on_launch = false",
        new="map_public_ip_on_launch = true",
        complaint="Nothing in the subnets may get a public address.",
    ),
    Canary(
        "the default security group is open",
        _NETWORK,
        old='resource "aws_default_security_group" "closed" {\n  vpc_id = aws_vpc.this.id\n',
        new='resource "aws_default_security_group" "closed" {\n  vpc_id = aws_vpc.this.id\n\n'
        '  egress {\n    protocol    = "-1"\n    from_port   = 0\n    to_port     = 0\n'
        '    cidr_blocks = ["0.0.0.0/0"]\n  }\n',
        complaint="The default security group must have no rule.",
    ),
    Canary(
        "the network ACL lets everything out",
        _NETWORK,
        old='protocol   = "tcp"\n    from_port  = 443\n    to_port    = 443\n    cidr_block = "0.0.0.0/0"',
        new='protocol   = "-1"\n    from_port  = 0\n    to_port    = 0\n    cidr_block = "0.0.0.0/0"',
        complaint="The network ACL must let HTTPS out",
    ),
    Canary(
        "the api reaches the exports",
        _NETWORK,
        old='api_handler      = ["dynamodb", ',
        new='api_handler      = ["dynamodb", "s3", ',
        complaint="Each function must reach what its code calls, and nothing else.",
    ),
    Canary(
        "an endpoint lets the whole network in",
        _NETWORK,
        old="  security_group_id            = aws_security_group.endpoint[each.value.service].id\n"
        "  referenced_security_group_id = aws_security_group.function[each.value.function].id\n",
        new="  security_group_id = aws_security_group.endpoint[each.value.service].id\n"
        "  cidr_ipv4         = var.cidr\n",
        complaint="Each rule must let in the one function that it is named after.",
        file="security_groups.tf",
    ),
    Canary(
        "the database lets the whole network in",
        _NETWORK,
        old="  security_group_id            = aws_security_group.database.id\n"
        "  referenced_security_group_id = aws_security_group.function[each.value.function].id\n",
        new="  security_group_id = aws_security_group.database.id\n  cidr_ipv4         = var.cidr\n",
        complaint="Each rule must let in the one function that it is named after.",
        file="security_groups.tf",
    ),
    Canary(
        "the database is reached on every port",
        _NETWORK,
        old="database_port = 5432",
        new="database_port = 5433",
        complaint="The database must be reached on its own port.",
        file="security_groups.tf",
    ),
    Canary(
        "endpoints take calls from everybody",
        _NETWORK,
        old='          Condition = { ArnEquals = { "aws:PrincipalArn" = statement.roles } }\n',
        new="",
        complaint="Every statement must be for named roles.",
        file="endpoint_policies.tf",
    ),
    Canary(
        "any role is assumed through the endpoint",
        _NETWORK,
        old="resources = [var.tenant_maintenance_role_arn]",
        new='resources = ["*"]',
        complaint="Each endpoint must take from each role what its function asks for",
        file="endpoint_policies.tf",
    ),
    Canary(
        "a token opens a session of any role",
        _NETWORK,
        old='"sts:SetSourceIdentity"]\n        Resource  = [var.tenant_role_arn]',
        new='"sts:SetSourceIdentity"]\n        Resource  = ["*"]',
        complaint="The unsigned call must be for sessions of the one role whose trust policy judges tokens.",
        file="endpoint_policies.tf",
    ),
    Canary(
        "the API opens sessions beside tokens",
        _NETWORK,
        old="var.sessions_by_token ? {} :",
        new="false ? {} :",
        complaint="Each endpoint must take from each role what its function asks for",
        file="endpoint_policies.tf",
    ),
    Canary(
        "an endpoint answers under another name",
        _NETWORK,
        old="private_dns_enabled = true",
        new="private_dns_enabled = false",
        complaint="The interface endpoints must answer under the services' names",
    ),
    unrefused(
        "the network has public addresses",
        _NETWORK,
        old="^(10[.]|",
        new="^([0-9]+[.]|",
    ),
    # Where the page comes from.
    Canary(
        "every distribution reads the page's files",
        _WEB,
        old="${var.placement.account_id}:distribution/*",
        new="210987654321:distribution/*",
        complaint="The account's own distributions must read files, nobody else, and nobody without TLS.",
    ),
    Canary(
        "cloudfront asks the bucket unsigned",
        _WEB,
        old='signing_behavior                  = "always"',
        new='signing_behavior                  = "no-override"',
        complaint="CloudFront must sign every request to the bucket.",
    ),
    Canary(
        "the page runs inline scripts",
        _WEB,
        old="\"script-src 'self'\"",
        new="\"script-src 'self' 'unsafe-inline'\"",
        complaint="The page must run its own scripts only",
        file="headers.json",
    ),
    Canary(
        "the page connects to everything",
        _WEB,
        old="connect-src 'self' {api_origin}",
        new="connect-src 'self' https: {api_origin}",
        complaint="connect to the API and the sign-in only",
        file="headers.json",
    ),
    Canary(
        "the page on aws asks for traces",
        _WEB,
        old="trace_url   = null",
        new='trace_url   = "."',
        complaint="no trace: only a development stage has one.",
    ),
    Canary(
        "a former page is kept by browsers",
        _WEB,
        old='cache_control = "no-cache"',
        new='cache_control = endswith(each.value, ".js") ? "max-age=31536000, immutable" : "no-cache"',
        complaint="none be kept without asking whether it is still the same.",
    ),
    Canary(
        "the page may be framed",
        _WEB,
        old='"X-Frame-Options": "DENY"',
        new='"X-Frame-Options": "SAMEORIGIN"',
        complaint="The headers must hold the policy",
        file="headers.json",
    ),
    Canary(
        "the page is served without tls",
        _WEB,
        old='"redirect-to-https"',
        new='"allow-all"',
        complaint="Every file must be read by HTTPS only",
    ),
    unrefused(
        "the page lists an entity that it cannot show",
        _WEB,
        old='fileexists("${var.files}/js/entities/${entity.name}.js")',
        new="true",
    ),
    unrefused(
        "the page's directives may be added to",
        _WEB,
        old="^https://[A-Za-z0-9.-]+(:[0-9]{1,5})?$",
        new="^https://",
    ),
    # What raises an alarm.
    Canary(
        "refused sessions raise no alarm",
        _ALARMS,
        old="TenantAccessDeniedError\\",
        new="TenantAccessDenied\\",
        complaint="The audit lines of refused sessions, and of handles that were kept, must be counted",
    ),
    Canary(
        "a handle that was kept raises no alarm",
        _ALARMS,
        old="HandleClosedError\\",
        new="HandleClosed\\",
        complaint="The audit lines of refused sessions, and of handles that were kept, must be counted",
    ),
    Canary(
        "a hundred refused sessions raise no alarm",
        _ALARMS,
        old="threshold           = 0\n  namespace           = var.placement.name\n",
        new="threshold           = 100\n  namespace           = var.placement.name\n",
        complaint="The first refusal in a minute must raise the alarm.",
    ),
    Canary(
        "errors of the authorizer raise no alarm",
        _ALARMS,
        old="if function.alarm_on_errors",
        new='if function.alarm_on_errors && key != "authorizer"',
        complaint="Each failure must have its alarm",
    ),
    Canary(
        "everybody publishes alarms",
        _ALARMS,
        old='Principal = { Service = "cloudwatch.amazonaws.com" }',
        new='Principal = "*"',
        complaint="Only the stage's own alarms may publish to the topic.",
    ),
]

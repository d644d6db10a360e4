# Who reaches what in the network. What an endpoint takes is read from the plan alone: a policy that is not known at
# plan time, given the ARN of the user pool, fails here as well ("Unknown condition value"). Who is connected to whom
# is known by ids, which the mock draws when it applies.

mock_provider "aws" {}

variables {
  placement = { name = "example", region = "eu-central-1", account_id = "123456789012" }
  cidr      = "10.20.0.0/20"
  zones     = ["eu-central-1a", "eu-central-1b"]

  tables = {
    pooled_arn       = "arn:aws:dynamodb:eu-central-1:123456789012:table/pooled"
    registry_arn     = "arn:aws:dynamodb:eu-central-1:123456789012:table/tenants"
    signing_keys_arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/signing-keys"
  }
  secrets = {
    master_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example/database/master-??????"
    reader_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example/database/app_reader-??????"
    writer_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example/database/app_writer-??????"
  }
  sessions_by_token           = true
  tenant_role_arn             = "arn:aws:iam::123456789012:role/TenantRole"
  tenant_maintenance_role_arn = "arn:aws:iam::123456789012:role/TenantMaintenanceRole"
  role_arns = {
    api_handler      = "arn:aws:iam::123456789012:role/LambdaRole"
    migrate_database = "arn:aws:iam::123456789012:role/MigrateDatabaseRole"
    rotate_secret    = "arn:aws:iam::123456789012:role/RotateSecretRole"
    onboard_tenant   = "arn:aws:iam::123456789012:role/OnboardTenantRole"
    offboard_tenant  = "arn:aws:iam::123456789012:role/OffboardTenantRole"
  }
  user_pool_arn     = "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_Pool12345"
  export_bucket_arn = "arn:aws:s3:::example-exports"
}

run "an_endpoint_takes_what_the_functions_ask_for_only" {
  command = plan

  assert {
    condition = {
      for service, endpoint in merge(aws_vpc_endpoint.gateway, aws_vpc_endpoint.interface) : service => {
        for s in jsondecode(endpoint.policy).Statement :
        s.Sid => "${join(" ", [for arn in try(s.Condition.ArnEquals["aws:PrincipalArn"], []) : split("/", arn)[1]])}: ${join(" ", s.Action)} on ${join(" ", s.Resource)}"
        if s.Sid != "TokensOpenTenantSessionsOnly"
      }
      } == {
      dynamodb = {
        TenantSessionsOnPooledTableOnly        = "TenantRole TenantMaintenanceRole: dynamodb:GetItem dynamodb:Query dynamodb:PutItem dynamodb:UpdateItem dynamodb:DeleteItem on ${var.tables.pooled_arn}"
        OnboardingAndOffboardingOnRegistryOnly = "OnboardTenantRole OffboardTenantRole: dynamodb:GetItem dynamodb:PutItem dynamodb:UpdateItem on ${var.tables.registry_arn}"
        ApiReadsSigningKeysOnly                = "LambdaRole: dynamodb:GetItem on ${var.tables.signing_keys_arn}"
      }
      s3 = {
        OffboardingOnExportsOnly    = "OffboardTenantRole: s3:PutObject s3:GetObject on arn:aws:s3:::example-exports/*"
        OffboardingListsExportsOnly = "OffboardTenantRole: s3:ListBucket on arn:aws:s3:::example-exports"
      }
      sts = {
        OpenMaintenanceSessionsOnly = "OffboardTenantRole: sts:AssumeRole sts:TagSession on ${var.tenant_maintenance_role_arn}"
      }
      secretsmanager = {
        TenantSessionsReadLoginSecretsOnly       = "TenantRole TenantMaintenanceRole: secretsmanager:GetSecretValue on ${var.secrets.reader_arn} ${var.secrets.writer_arn}"
        OnboardingReadsWriterSecretOnly          = "OnboardTenantRole: secretsmanager:GetSecretValue on ${var.secrets.writer_arn}"
        DatabaseFunctionsReadDatabaseSecretsOnly = "MigrateDatabaseRole RotateSecretRole: secretsmanager:GetSecretValue on ${var.secrets.master_arn} ${var.secrets.reader_arn} ${var.secrets.writer_arn}"
        RotationWritesLoginSecretsOnly           = "RotateSecretRole: secretsmanager:DescribeSecret secretsmanager:PutSecretValue secretsmanager:UpdateSecretVersionStage on ${var.secrets.reader_arn} ${var.secrets.writer_arn}"
        RotationDrawsRandomPasswords             = "RotateSecretRole: secretsmanager:GetRandomPassword on *"
      }
      cognito-idp = {
        OnboardingCreatesUsersOnly  = "OnboardTenantRole: cognito-idp:AdminCreateUser cognito-idp:AdminGetUser on ${var.user_pool_arn}"
        OffboardingRemovesUsersOnly = "OffboardTenantRole: cognito-idp:ListUsers cognito-idp:AdminUserGlobalSignOut cognito-idp:AdminDeleteUser on ${var.user_pool_arn}"
      }
    }
    error_message = "Each endpoint must take from each role what its function asks for, and nothing else."
  }

  assert {
    condition = alltrue(flatten([
      for endpoint in merge(aws_vpc_endpoint.gateway, aws_vpc_endpoint.interface) : [
        for s in jsondecode(endpoint.policy).Statement :
        try(
          s.Effect == "Allow" && s.Principal == "*" && keys(s) == ["Action", "Condition", "Effect", "Principal", "Resource", "Sid"]
          && keys(s.Condition) == ["ArnEquals"] && keys(s.Condition.ArnEquals) == ["aws:PrincipalArn"],
          false,
        )
        if s.Sid != "TokensOpenTenantSessionsOnly"
      ]
    ]))
    error_message = "Every statement must be for named roles."
  }

  assert {
    condition     = { for service, endpoint in merge(aws_vpc_endpoint.gateway, aws_vpc_endpoint.interface) : service => endpoint.policy } == output.endpoint_policies
    error_message = "The output must be the policies that the endpoints have."
  }
}

run "a_token_opens_sessions_of_the_tenant_role_only" {
  command = plan

  assert {
    condition = [
      for s in jsondecode(aws_vpc_endpoint.interface["sts"].policy).Statement : s if !can(s.Condition)
      ] == [{
        Sid       = "TokensOpenTenantSessionsOnly"
        Effect    = "Allow"
        Principal = "*"
        Action    = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity"]
        Resource  = ["arn:aws:iam::123456789012:role/TenantRole"]
    }]
    error_message = "The unsigned call must be for sessions of the one role whose trust policy judges tokens."
  }

  assert {
    condition = length(flatten([
      for service, endpoint in merge(aws_vpc_endpoint.gateway, aws_vpc_endpoint.interface) : [
        for s in jsondecode(endpoint.policy).Statement : s.Sid if !can(s.Condition) && service != "sts"
      ]
    ])) == 0
    error_message = "No other endpoint may take an unsigned call."
  }
}

run "the_api_opens_sessions_where_no_token_does" {
  command = plan

  variables {
    sessions_by_token = false
  }

  assert {
    condition = {
      for s in jsondecode(aws_vpc_endpoint.interface["sts"].policy).Statement :
      s.Sid => "${join(" ", s.Condition.ArnEquals["aws:PrincipalArn"])}: ${join(" ", s.Action)} on ${join(" ", s.Resource)}"
      } == {
      OpenMaintenanceSessionsOnly = "arn:aws:iam::123456789012:role/OffboardTenantRole: sts:AssumeRole sts:TagSession on arn:aws:iam::123456789012:role/TenantMaintenanceRole"
      OpenTenantSessionsOnly      = "arn:aws:iam::123456789012:role/LambdaRole: sts:AssumeRole sts:TagSession on arn:aws:iam::123456789012:role/TenantRole"
    }
    error_message = "The API must open sessions of the tenant role, offboarding those of the maintenance role, and no token any."
  }
}

run "there_is_no_way_to_the_internet" {
  assert {
    condition     = length(aws_route_table.private.route) == 0 && length(aws_default_route_table.closed.route) == 0
    error_message = "No table may have a route out of the network."
  }

  assert {
    condition = alltrue([
      for subnet in aws_subnet.private : !subnet.map_public_ip_on_launch && subnet.vpc_id == aws_vpc.this.id
    ])
    error_message = "Nothing in the subnets may get a public address."
  }

  assert {
    condition = (
      { for zone, association in aws_route_table_association.private : zone => association.subnet_id }
      == { for zone, subnet in aws_subnet.private : zone => subnet.id }
      && alltrue([for association in aws_route_table_association.private : association.route_table_id == aws_route_table.private.id])
    )
    error_message = "Every subnet must use the table without routes."
  }
}

run "what_aws_makes_with_a_network_is_closed" {
  assert {
    condition     = length(aws_default_security_group.closed.ingress) == 0 && length(aws_default_security_group.closed.egress) == 0
    error_message = "The default security group must have no rule."
  }

  assert {
    condition     = length(aws_default_network_acl.closed.ingress) == 0 && length(aws_default_network_acl.closed.egress) == 0
    error_message = "The default network ACL must let nothing through."
  }

  assert {
    condition     = toset(aws_network_acl.private.subnet_ids) == toset([for subnet in aws_subnet.private : subnet.id])
    error_message = "Every subnet must have the network ACL that is not closed."
  }

  assert {
    condition = toset([for rule in concat(tolist(aws_network_acl.private.egress), tolist(aws_network_acl.private.ingress)) : rule.action]) == toset(["allow"]) && (
      toset([for rule in aws_network_acl.private.egress : "${rule.protocol} ${rule.from_port}-${rule.to_port} ${rule.cidr_block}"])
      == toset(["tcp 443-443 0.0.0.0/0", "tcp 1024-65535 10.20.0.0/20"])
      ) && (
      toset([for rule in aws_network_acl.private.ingress : "${rule.protocol} ${rule.from_port}-${rule.to_port} ${rule.cidr_block}"])
      == toset(["tcp 443-443 10.20.0.0/20", "tcp 1024-65535 0.0.0.0/0", "icmp 0-0 0.0.0.0/0"])
    )
    error_message = "The network ACL must let HTTPS out, connections within the network, and their answers, and nothing else."
  }
}

run "a_function_reaches_what_it_calls_only" {
  assert {
    condition = toset(concat(
      keys(aws_vpc_security_group_egress_rule.to_gateway),
      keys(aws_vpc_security_group_egress_rule.to_interface),
      keys(aws_vpc_security_group_egress_rule.to_database),
      )) == toset([
      "api_handler to dynamodb", "api_handler to sts", "api_handler to secretsmanager", "api_handler to database",
      "migrate_database to secretsmanager", "migrate_database to database",
      "rotate_secret to secretsmanager", "rotate_secret to database",
      "onboard_tenant to dynamodb", "onboard_tenant to cognito-idp", "onboard_tenant to secretsmanager", "onboard_tenant to database",
      "offboard_tenant to dynamodb", "offboard_tenant to s3", "offboard_tenant to sts", "offboard_tenant to cognito-idp",
      "offboard_tenant to secretsmanager", "offboard_tenant to database",
    ])
    error_message = "Each function must reach what its code calls, and nothing else."
  }

  assert {
    condition = alltrue(concat(
      [
        for call, rule in aws_vpc_security_group_egress_rule.to_gateway :
        rule.security_group_id == aws_security_group.function[split(" to ", call)[0]].id
        && rule.prefix_list_id == aws_vpc_endpoint.gateway[split(" to ", call)[1]].prefix_list_id
      ],
      [
        for call, rule in aws_vpc_security_group_egress_rule.to_interface :
        rule.security_group_id == aws_security_group.function[split(" to ", call)[0]].id
        && rule.referenced_security_group_id == aws_security_group.endpoint[split(" to ", call)[1]].id
      ],
      [
        for call, rule in aws_vpc_security_group_egress_rule.to_database :
        rule.security_group_id == aws_security_group.function[split(" to ", call)[0]].id
        && rule.referenced_security_group_id == aws_security_group.database.id
      ],
    ))
    error_message = "Each rule must be of the function and lead to the service that it is named after."
  }

  assert {
    condition = alltrue([
      for rule in concat(
        values(aws_vpc_security_group_egress_rule.to_gateway),
        values(aws_vpc_security_group_egress_rule.to_interface),
        values(aws_vpc_security_group_egress_rule.to_database),
      ) : rule.cidr_ipv4 == null && rule.cidr_ipv6 == null
    ])
    error_message = "No rule may lead to addresses."
  }
}

run "nobody_else_reaches_the_database_or_an_endpoint" {
  assert {
    condition = (
      keys(aws_vpc_security_group_ingress_rule.to_database) == keys(aws_vpc_security_group_egress_rule.to_database)
      && keys(aws_vpc_security_group_ingress_rule.to_interface) == keys(aws_vpc_security_group_egress_rule.to_interface)
    )
    error_message = "Whatever is called must let in those that call it, and nobody else."
  }

  assert {
    condition = alltrue(concat(
      [
        for call, rule in aws_vpc_security_group_ingress_rule.to_database :
        rule.security_group_id == aws_security_group.database.id
        && rule.referenced_security_group_id == aws_security_group.function[split(" to ", call)[0]].id
        && rule.cidr_ipv4 == null && rule.cidr_ipv6 == null
      ],
      [
        for call, rule in aws_vpc_security_group_ingress_rule.to_interface :
        rule.security_group_id == aws_security_group.endpoint[split(" to ", call)[1]].id
        && rule.referenced_security_group_id == aws_security_group.function[split(" to ", call)[0]].id
        && rule.cidr_ipv4 == null && rule.cidr_ipv6 == null
      ],
    ))
    error_message = "Each rule must let in the one function that it is named after."
  }

  assert {
    condition = toset([
      for rule in concat(values(aws_vpc_security_group_ingress_rule.to_database), values(aws_vpc_security_group_egress_rule.to_database)) :
      "${rule.ip_protocol} ${rule.from_port}-${rule.to_port}"
    ]) == toset(["tcp 5432-5432"])
    error_message = "The database must be reached on its own port."
  }

  assert {
    condition = toset([
      for rule in concat(
        values(aws_vpc_security_group_ingress_rule.to_interface),
        values(aws_vpc_security_group_egress_rule.to_interface),
        values(aws_vpc_security_group_egress_rule.to_gateway),
      ) : "${rule.ip_protocol} ${rule.from_port}-${rule.to_port}"
    ]) == toset(["tcp 443-443"])
    error_message = "Endpoints must be reached by HTTPS."
  }
}

run "the_services_answer_inside_the_network" {
  assert {
    condition = { for service, endpoint in merge(aws_vpc_endpoint.gateway, aws_vpc_endpoint.interface) : service => "${endpoint.vpc_endpoint_type} ${endpoint.service_name}" } == {
      dynamodb       = "Gateway com.amazonaws.eu-central-1.dynamodb"
      s3             = "Gateway com.amazonaws.eu-central-1.s3"
      cognito-idp    = "Interface com.amazonaws.eu-central-1.cognito-idp"
      secretsmanager = "Interface com.amazonaws.eu-central-1.secretsmanager"
      sts            = "Interface com.amazonaws.eu-central-1.sts"
    }
    error_message = "There must be an endpoint in the region for each service that is called, and no other."
  }

  assert {
    condition = aws_vpc.this.enable_dns_support && aws_vpc.this.enable_dns_hostnames && alltrue([
      for endpoint in aws_vpc_endpoint.interface :
      endpoint.private_dns_enabled && toset(endpoint.subnet_ids) == toset([for subnet in aws_subnet.private : subnet.id])
    ])
    error_message = "The interface endpoints must answer under the services' names, in every zone."
  }

  assert {
    condition = alltrue(concat(
      [for endpoint in aws_vpc_endpoint.gateway : toset(endpoint.route_table_ids) == toset([aws_route_table.private.id])],
      [
        for service, endpoint in aws_vpc_endpoint.interface :
        toset(endpoint.security_group_ids) == toset([aws_security_group.endpoint[service].id])
      ],
    ))
    error_message = "Each endpoint must be on the subnets' way, or behind its own security group."
  }

  assert {
    condition     = { for service, endpoint in merge(aws_vpc_endpoint.gateway, aws_vpc_endpoint.interface) : service => endpoint.id } == output.endpoint_ids
    error_message = "The output must be the endpoints."
  }

  assert {
    condition = output.session_endpoints == {
      sts_ids  = [aws_vpc_endpoint.interface["sts"].id]
      data_ids = [aws_vpc_endpoint.gateway["dynamodb"].id, aws_vpc_endpoint.interface["secretsmanager"].id]
    }
    error_message = "Sessions must be told the stage's own ways to STS and to data."
  }
}

run "the_subnets_are_in_the_given_zones" {
  assert {
    condition = { for zone, subnet in aws_subnet.private : subnet.availability_zone => subnet.cidr_block } == {
      eu-central-1a = "10.20.0.0/22"
      eu-central-1b = "10.20.4.0/22"
    }
    error_message = "Each zone must have a quarter of the addresses, in the order of the zones."
  }

  assert {
    condition     = output.private_subnet_ids == [aws_subnet.private["eu-central-1a"].id, aws_subnet.private["eu-central-1b"].id]
    error_message = "The output must be the subnets, in the order of the zones."
  }

  assert {
    condition = output.database_security_group_id == aws_security_group.database.id && (
      jsonencode(output.function_security_group_ids) == jsonencode({ for function, group in aws_security_group.function : function => group.id })
    )
    error_message = "The outputs must be the security groups."
  }
}

# What the module refuses to be given.

run "a_region_with_other_names_of_endpoints_is_refused" {
  command = plan

  variables {
    placement = { name = "example", partition = "aws-cn", region = "cn-north-1", account_id = "123456789012" }
    zones     = ["cn-north-1a", "cn-north-1b"]
  }

  expect_failures = [var.placement]
}

run "public_addresses_are_refused" {
  command = plan

  variables {
    cidr = "8.8.0.0/16"
  }

  expect_failures = [var.cidr]
}

run "too_few_addresses_are_refused" {
  command = plan

  variables {
    cidr = "10.20.0.0/25"
  }

  expect_failures = [var.cidr]
}

run "an_address_within_a_block_is_refused" {
  command = plan

  variables {
    cidr = "10.20.0.1/20"
  }

  expect_failures = [var.cidr]
}

run "one_zone_is_refused" {
  command = plan

  variables {
    zones = ["eu-central-1a"]
  }

  expect_failures = [var.zones]
}

run "a_zone_of_another_region_is_refused" {
  command = plan

  variables {
    zones = ["eu-central-1a", "us-east-1b"]
  }

  expect_failures = [var.zones]
}

run "wildcards_are_refused" {
  command = plan

  variables {
    tables = {
      pooled_arn       = "arn:aws:dynamodb:eu-central-1:123456789012:table/*"
      registry_arn     = "arn:aws:dynamodb:eu-central-1:123456789012:table/tenants"
      signing_keys_arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/signing-keys"
    }
    secrets = {
      master_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example/database/master-??????"
      reader_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:*"
      writer_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example/database/app_writer-??????"
    }
    tenant_role_arn             = "arn:aws:iam::123456789012:role/*"
    tenant_maintenance_role_arn = "*"
    role_arns = {
      api_handler      = "*"
      migrate_database = "arn:aws:iam::123456789012:role/MigrateDatabaseRole"
      rotate_secret    = "arn:aws:iam::123456789012:role/RotateSecretRole"
      onboard_tenant   = "arn:aws:iam::123456789012:role/OnboardTenantRole"
      offboard_tenant  = "arn:aws:iam::123456789012:role/OffboardTenantRole"
    }
    user_pool_arn     = "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/*"
    export_bucket_arn = "arn:aws:s3:::*"
  }

  expect_failures = [
    var.tables, var.secrets, var.tenant_role_arn, var.tenant_maintenance_role_arn, var.role_arns, var.user_pool_arn, var.export_bucket_arn,
  ]
}

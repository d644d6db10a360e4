# Who may connect to whom: a function to what it calls, on the one port of that, and nobody to a function. A group
# without a rule lets nothing through: Terraform takes away the rule that AWS makes with it.

locals {
  https_port    = 443
  database_port = 5432
}

resource "aws_security_group" "function" {
  for_each = local.reach

  name        = "${var.placement.name}-${each.key}"
  description = "The function ${each.key}: connects to what it calls, and nobody connects to it."
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${var.placement.name}-${each.key}" }

  timeouts {
    delete = "45m"
  }
}

resource "aws_security_group" "endpoint" {
  for_each = toset(local.interfaces)

  name        = "${var.placement.name}-endpoint-${each.key}"
  description = "The endpoint of ${each.key}: HTTPS from the functions that call it."
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${var.placement.name}-endpoint-${each.key}" }
}

resource "aws_security_group" "database" {
  name        = "${var.placement.name}-database"
  description = "The database: PostgreSQL from the functions that use it."
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${var.placement.name}-database" }
}

resource "aws_vpc_security_group_egress_rule" "to_gateway" {
  for_each = local.calls_of_gateways

  description       = each.key
  security_group_id = aws_security_group.function[each.value.function].id
  prefix_list_id    = aws_vpc_endpoint.gateway[each.value.service].prefix_list_id
  ip_protocol       = "tcp"
  from_port         = local.https_port
  to_port           = local.https_port
}

resource "aws_vpc_security_group_egress_rule" "to_interface" {
  for_each = local.calls_of_interfaces

  description                  = each.key
  security_group_id            = aws_security_group.function[each.value.function].id
  referenced_security_group_id = aws_security_group.endpoint[each.value.service].id
  ip_protocol                  = "tcp"
  from_port                    = local.https_port
  to_port                      = local.https_port
}

resource "aws_vpc_security_group_ingress_rule" "to_interface" {
  for_each = local.calls_of_interfaces

  description                  = each.key
  security_group_id            = aws_security_group.endpoint[each.value.service].id
  referenced_security_group_id = aws_security_group.function[each.value.function].id
  ip_protocol                  = "tcp"
  from_port                    = local.https_port
  to_port                      = local.https_port
}

resource "aws_vpc_security_group_egress_rule" "to_database" {
  for_each = local.calls_of_database

  description                  = each.key
  security_group_id            = aws_security_group.function[each.value.function].id
  referenced_security_group_id = aws_security_group.database.id
  ip_protocol                  = "tcp"
  from_port                    = local.database_port
  to_port                      = local.database_port
}

resource "aws_vpc_security_group_ingress_rule" "to_database" {
  for_each = local.calls_of_database

  description                  = each.key
  security_group_id            = aws_security_group.database.id
  referenced_security_group_id = aws_security_group.function[each.value.function].id
  ip_protocol                  = "tcp"
  from_port                    = local.database_port
  to_port                      = local.database_port
}

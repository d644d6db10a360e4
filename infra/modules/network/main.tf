# Where the functions and the database meet: private subnets without a way to the internet. A function in them reaches
# what it calls, through endpoints that know what it may ask for, and nothing else.

module "placement" {
  source = "../placement"

  placement = var.placement
}

locals {
  # What each function in the network calls. Whoever is not here runs outside, without a way to the database.
  # No endpoint for logs or traces: Lambda sends both for a function, from a network of its own.
  reach = {
    api_handler      = ["dynamodb", "sts", "secretsmanager", "database"]
    migrate_database = ["secretsmanager", "database"]
    rotate_secret    = ["secretsmanager", "database"]
    onboard_tenant   = ["dynamodb", "cognito-idp", "secretsmanager", "database"]
    offboard_tenant  = ["dynamodb", "s3", "sts", "cognito-idp", "secretsmanager", "database"]
  }

  gateways   = ["dynamodb", "s3"]
  interfaces = ["cognito-idp", "secretsmanager", "sts"]

  calls = merge([
    for function, services in local.reach : {
      for service in services : "${function} to ${service}" => { function = function, service = service }
    }
  ]...)

  calls_of_gateways   = { for name, call in local.calls : name => call if contains(local.gateways, call.service) }
  calls_of_interfaces = { for name, call in local.calls : name => call if contains(local.interfaces, call.service) }
  calls_of_database   = { for name, call in local.calls : name => call if call.service == "database" }

  subnets = { for index, zone in var.zones : zone => cidrsubnet(var.cidr, 2, index) }
}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr
  enable_dns_support   = true
  enable_dns_hostnames = true # the endpoints answer under the services' own names

  tags = { Name = var.placement.name }
}

# Nothing uses what AWS makes with every network; closed, it cannot be used by mistake either.
resource "aws_default_security_group" "closed" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.placement.name}-closed" }
}

resource "aws_default_network_acl" "closed" {
  default_network_acl_id = aws_vpc.this.default_network_acl_id

  tags = { Name = "${var.placement.name}-closed" }
}

resource "aws_default_route_table" "closed" {
  default_route_table_id = aws_vpc.this.default_route_table_id
  route                  = []

  tags = { Name = "${var.placement.name}-closed" }
}

resource "aws_subnet" "private" {
  for_each = local.subnets

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.key
  cidr_block              = each.value
  map_public_ip_on_launch = false

  tags = { Name = "${var.placement.name}-private-${each.key}" }

  # Lambda takes up to 45 minutes to give back the network interfaces of a function that was deleted.
  timeouts {
    delete = "45m"
  }
}

# The gateway endpoints add routes of theirs, to the addresses of DynamoDB and S3. Any other is drift that the next
# apply removes.
resource "aws_route_table" "private" {
  vpc_id = aws_vpc.this.id
  route  = []

  tags = { Name = "${var.placement.name}-private" }
}

resource "aws_route_table_association" "private" {
  for_each = aws_subnet.private

  subnet_id      = each.value.id
  route_table_id = aws_route_table.private.id
}

# Behind the security groups, for what one of those might let through: HTTPS and what is inside, with the answers.
# DynamoDB and S3 have public addresses, also behind their endpoints.
resource "aws_network_acl" "private" {
  vpc_id     = aws_vpc.this.id
  subnet_ids = [for subnet in aws_subnet.private : subnet.id]

  egress {
    rule_no    = 100
    action     = "allow"
    protocol   = "tcp"
    from_port  = 443
    to_port    = 443
    cidr_block = "0.0.0.0/0"
  }

  egress {
    rule_no    = 110
    action     = "allow"
    protocol   = "tcp"
    from_port  = 1024
    to_port    = 65535
    cidr_block = var.cidr
  }

  ingress {
    rule_no    = 100
    action     = "allow"
    protocol   = "tcp"
    from_port  = 443
    to_port    = 443
    cidr_block = var.cidr
  }

  ingress {
    rule_no    = 110
    action     = "allow"
    protocol   = "tcp"
    from_port  = 1024
    to_port    = 65535
    cidr_block = "0.0.0.0/0"
  }

  # "Fragmentation needed", without which large packets would be lost silently.
  ingress {
    rule_no    = 120
    action     = "allow"
    protocol   = "icmp"
    icmp_type  = 3
    icmp_code  = 4
    from_port  = 0
    to_port    = 0
    cidr_block = "0.0.0.0/0"
  }

  tags = { Name = "${var.placement.name}-private" }
}

resource "aws_vpc_endpoint" "gateway" {
  for_each = toset(local.gateways)

  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${var.placement.region}.${each.key}"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [aws_route_table.private.id]
  policy            = local.endpoint_policies[each.key]

  tags = { Name = "${var.placement.name}-${each.key}" }
}

# Under the services' own regional names. The global sts.amazonaws.com has no endpoint, and is out of reach.
resource "aws_vpc_endpoint" "interface" {
  for_each = toset(local.interfaces)

  vpc_id              = aws_vpc.this.id
  service_name        = "com.amazonaws.${var.placement.region}.${each.key}"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = [for subnet in aws_subnet.private : subnet.id]
  security_group_ids  = [aws_security_group.endpoint[each.key].id]
  policy              = local.endpoint_policies[each.key]

  tags = { Name = "${var.placement.name}-${each.key}" }
}

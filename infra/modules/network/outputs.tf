output "vpc_id" {
  description = "Id of the network."
  value       = aws_vpc.this.id
}

output "private_subnet_ids" {
  description = "Ids of the subnets, in the order of the zones."
  value       = [for zone in var.zones : aws_subnet.private[zone].id]
}

# A function that runs before its rules and endpoints are there would wait for its calls to time out.
output "function_security_group_ids" {
  description = "Id of the security group of each function in the network, by the function's name; its calls find their endpoints."
  value       = { for function, group in aws_security_group.function : function => group.id }
  depends_on = [
    aws_network_acl.private,
    aws_route_table_association.private,
    aws_vpc_endpoint.interface,
    aws_vpc_security_group_egress_rule.to_database,
    aws_vpc_security_group_egress_rule.to_gateway,
    aws_vpc_security_group_egress_rule.to_interface,
    aws_vpc_security_group_ingress_rule.to_database,
    aws_vpc_security_group_ingress_rule.to_interface,
  ]
}

output "database_security_group_id" {
  description = "Id of the security group of the database."
  value       = aws_security_group.database.id
}

output "endpoint_ids" {
  description = "Id of each endpoint, by its service: dynamodb, s3, sts, secretsmanager and cognito-idp."
  value       = { for service, endpoint in merge(aws_vpc_endpoint.gateway, aws_vpc_endpoint.interface) : service => endpoint.id }
}

# What is confined to these endpoints would fail before one of them is there, which the ids wait for.
output "session_endpoints" {
  description = "Ids of the endpoints of STS (sts_ids), and of those through which a tenant's session reaches data (data_ids)."
  value = {
    sts_ids  = [aws_vpc_endpoint.interface["sts"].id]
    data_ids = [aws_vpc_endpoint.gateway["dynamodb"].id, aws_vpc_endpoint.interface["secretsmanager"].id]
  }
}

output "endpoint_policies" {
  description = "What may be asked for through each endpoint: documents as JSON. That of cognito-idp is known at plan time if the user pool's ARN is."
  value       = local.endpoint_policies
}

output "host" {
  description = "Where the server is; of a new instance, known after it is created."
  value       = local.endpoint.host
}

output "port" {
  description = "Port of the server."
  value       = local.endpoint.port
}

output "name" {
  description = "Name of the database on the server."
  value       = local.endpoint.name
}

output "name" {
  description = "The product's name, which keeps the rules."
  value       = var.name
}

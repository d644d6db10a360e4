output "checked" {
  description = "The placement, which keeps the rules."
  value       = var.placement
}

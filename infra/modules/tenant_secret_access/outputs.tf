output "statements" {
  description = "Statements of an identity policy, known at plan time: none in a stage without a database."
  value       = local.statements
}

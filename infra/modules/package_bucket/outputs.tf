# Known at plan time; depends_on makes the functions wait until the package is there.
output "package" {
  description = "Where Lambda finds the package: bucket and key."
  value       = { bucket = var.name, key = local.key }
  depends_on  = [aws_s3_object.package]
}

# The API's CORS takes the origin, while the headers above take the API's. That is no cycle, because the API's origin is
# made of the API's id alone; a depends_on between the two modules would be one.
output "origin" {
  description = "Where the page is, and the origin of its requests: scheme and host, without a slash."
  value       = local.origin
}

output "domain_name" {
  description = "Name that CloudFront has given to the distribution, to which a domain's DNS record points."
  value       = aws_cloudfront_distribution.this.domain_name
}

output "distribution_id" {
  description = "Id of the distribution, to look at it; nothing needs to be invalidated, since CloudFront asks anew for every file within a second."
  value       = aws_cloudfront_distribution.this.id
}

output "bucket_name" {
  description = "Name of the bucket for the page's files, which CloudFront can read by now."
  value       = module.bucket.name
  depends_on  = [module.bucket]
}

output "content_security_policy" {
  description = "What a browser lets the page do."
  value       = local.content_security_policy
}

"""What a service's call must be allowed: one mapper for each service, and what they share.

Every mapper has `checks(call, catalog)`. It returns everything that must be allowed, never nothing; raises
UnmappableRequestError where it cannot say with certainty what the emulator behind would touch; and
MalformedRequestError where the service itself would refuse. The actions, resources and condition keys are those of the
Service Authorization Reference (https://docs.aws.amazon.com/service-authorization/latest/reference/).
"""

"""The operations of Cognito user pools: those that need no signature, and those on a user pool with their members.

After "Actions, resources, and condition keys for Amazon Cognito User Pools" in the Service Authorization Reference
(https://docs.aws.amazon.com/service-authorization/latest/reference/list_cognito-idp.html). The members are listed by
hand: one that Cognito gains later could reach further than the pool.

Left out, and so refused: members that pass a role or a key to Cognito (`RoleArn`, `SmsConfiguration`,
`AnalyticsConfiguration`, `KeyConfiguration`, import jobs), since the page does not say to which service the role is
passed; custom domains, risk configuration and log delivery, which need permissions in other services; replicas; and
operations that the page does not know.
"""

from __future__ import annotations

PUBLIC_OPERATIONS = frozenset({
    "AssociateSoftwareToken", "ChangePassword", "CompleteWebAuthnRegistration", "ConfirmDevice",
    "ConfirmForgotPassword", "ConfirmSignUp", "DeleteUser", "DeleteUserAttributes", "DeleteWebAuthnCredential",
    "ForgetDevice", "ForgotPassword", "GetDevice", "GetTokensFromRefreshToken", "GetUser",
    "GetUserAttributeVerificationCode", "GetUserAuthFactors", "GlobalSignOut", "InitiateAuth", "ListDevices",
    "ListUserSessions", "ListWebAuthnCredentials", "ResendConfirmationCode", "RespondToAuthChallenge", "RevokeToken",
    "RevokeUserSession", "SetUserMFAPreference", "SetUserSettings", "SignUp", "StartWebAuthnRegistration",
    "UpdateAuthEventFeedback", "UpdateDeviceStatus", "UpdateUserAttributes", "VerifySoftwareToken",
    "VerifyUserAttribute",
})  # fmt: skip
"""Operations that need no signature.

"Amazon Cognito doesn't evaluate Identity and Access Management (IAM) policies in requests for this API operation", say
their pages; what they need is a client id, a session, a token or a password.
"""

WITHOUT_ACTION = frozenset({
    "CompleteWebAuthnRegistration", "DeleteWebAuthnCredential", "GetUserAuthFactors", "ListUserSessions",
    "ListWebAuthnCredentials", "RevokeUserSession", "StartWebAuthnRegistration",
})  # fmt: skip
"""Public operations for which there is no action that a policy could name."""

_CLIENT = (
    "ClientName RefreshTokenValidity AccessTokenValidity IdTokenValidity TokenValidityUnits ReadAttributes "
    "WriteAttributes ExplicitAuthFlows SupportedIdentityProviders CallbackURLs LogoutURLs DefaultRedirectURI "
    "AllowedOAuthFlows AllowedOAuthScopes AllowedOAuthFlowsUserPoolClient PreventUserExistenceErrors "
    "EnableTokenRevocation EnablePropagateAdditionalUserContextData AuthSessionValidity RefreshTokenRotation"
)
POOL_MEMBERS = frozenset({
    "AccountRecoverySetting", "AdminCreateUserConfig", "AutoVerifiedAttributes", "DeletionProtection",
    "DeviceConfiguration", "EmailConfiguration", "EmailVerificationMessage", "EmailVerificationSubject",
    "LambdaConfig", "MfaConfiguration", "Policies", "PoolName", "SmsAuthenticationMessage", "SmsVerificationMessage",
    "UserAttributeUpdateSettings", "UserPoolAddOns", "UserPoolTags", "UserPoolTier", "VerificationMessageTemplate",
})  # fmt: skip
"""What CreateUserPool and UpdateUserPool can set."""

NEW_POOL_MEMBERS = POOL_MEMBERS | {"AliasAttributes", "Schema", "UsernameAttributes", "UsernameConfiguration"}

ON_POOL: dict[str, frozenset[str]] = {
    operation: frozenset({"UserPoolId", *members.split()})
    for operation, members in {
        "AddCustomAttributes": "CustomAttributes",
        "AddUserPoolClientSecret": "ClientId ClientSecret",
        "AdminAddUserToGroup": "Username GroupName",
        "AdminConfirmSignUp": "Username ClientMetadata",
        "AdminCreateUser": "Username UserAttributes ValidationData TemporaryPassword ForceAliasCreation MessageAction "
        "DesiredDeliveryMediums ClientMetadata",
        "AdminDeleteUser": "Username",
        "AdminDeleteUserAttributes": "Username UserAttributeNames",
        "AdminDisableProviderForUser": "User",
        "AdminDisableUser": "Username",
        "AdminEnableUser": "Username",
        "AdminForgetDevice": "Username DeviceKey",
        "AdminGetDevice": "Username DeviceKey",
        "AdminGetUser": "Username",
        "AdminInitiateAuth": "ClientId AuthFlow AuthParameters ClientMetadata AnalyticsMetadata ContextData Session",
        "AdminLinkProviderForUser": "DestinationUser SourceUser",
        "AdminListDevices": "Username Limit PaginationToken",
        "AdminListGroupsForUser": "Username Limit NextToken",
        "AdminListUserAuthEvents": "Username MaxResults NextToken",
        "AdminRemoveUserFromGroup": "Username GroupName",
        "AdminResetUserPassword": "Username ClientMetadata",
        "AdminRespondToAuthChallenge": "ClientId ChallengeName ChallengeResponses Session AnalyticsMetadata "
        "ContextData ClientMetadata",
        "AdminSetUserMFAPreference": "Username SMSMfaSettings SoftwareTokenMfaSettings EmailMfaSettings "
        "WebAuthnMfaSettings",
        "AdminSetUserPassword": "Username Password Permanent",
        "AdminSetUserSettings": "Username MFAOptions",
        "AdminUpdateAuthEventFeedback": "Username EventId FeedbackValue",
        "AdminUpdateDeviceStatus": "Username DeviceKey DeviceRememberedStatus",
        "AdminUpdateUserAttributes": "Username UserAttributes ClientMetadata",
        "AdminUserGlobalSignOut": "Username",
        "CreateGroup": "GroupName Description Precedence",
        "CreateIdentityProvider": "ProviderName ProviderType ProviderDetails AttributeMapping IdpIdentifiers",
        "CreateManagedLoginBranding": "ClientId UseCognitoProvidedValues Settings Assets",
        "CreateResourceServer": "Identifier Name Scopes",
        "CreateTerms": "ClientId TermsName TermsSource Enforcement Links",
        "CreateUserPoolClient": f"GenerateSecret {_CLIENT}",
        "CreateUserPoolDomain": "Domain ManagedLoginVersion",
        "DeleteGroup": "GroupName",
        "DeleteIdentityProvider": "ProviderName",
        "DeleteManagedLoginBranding": "ManagedLoginBrandingId",
        "DeleteResourceServer": "Identifier",
        "DeleteTerms": "TermsId",
        "DeleteUserPool": "",
        "DeleteUserPoolClient": "ClientId",
        "DeleteUserPoolClientSecret": "ClientId ClientSecretId",
        "DeleteUserPoolDomain": "Domain",
        "DescribeIdentityProvider": "ProviderName",
        "DescribeManagedLoginBranding": "ManagedLoginBrandingId ReturnMergedResources",
        "DescribeManagedLoginBrandingByClient": "ClientId ReturnMergedResources",
        "DescribeResourceServer": "Identifier",
        "DescribeRiskConfiguration": "ClientId",
        "DescribeTerms": "TermsId",
        "DescribeUserImportJob": "JobId",
        "DescribeUserPool": "",
        "DescribeUserPoolClient": "ClientId",
        "GetCSVHeader": "",
        "GetGroup": "GroupName",
        "GetIdentityProviderByIdentifier": "IdpIdentifier",
        "GetLogDeliveryConfiguration": "",
        "GetSigningCertificate": "",
        "GetUICustomization": "ClientId",
        "GetUserPoolMfaConfig": "",
        "ListGroups": "Limit NextToken",
        "ListIdentityProviders": "MaxResults NextToken",
        "ListResourceServers": "MaxResults NextToken",
        "ListTerms": "MaxResults NextToken",
        "ListUserImportJobs": "MaxResults PaginationToken",
        "ListUserPoolClientSecrets": "ClientId NextToken",
        "ListUserPoolClients": "MaxResults NextToken ClientType",
        "ListUsers": "AttributesToGet Limit PaginationToken Filter",
        "ListUsersInGroup": "GroupName Limit NextToken",
        "SetUICustomization": "ClientId CSS ImageFile",
        "SetUserPoolMfaConfig": "SoftwareTokenMfaConfiguration EmailMfaConfiguration MfaConfiguration "
        "WebAuthnConfiguration",
        "UpdateAuthEventFeedback": "Username EventId FeedbackToken FeedbackValue",
        "UpdateGroup": "GroupName Description Precedence",
        "UpdateIdentityProvider": "ProviderName ProviderDetails AttributeMapping IdpIdentifiers",
        "UpdateResourceServer": "Identifier Name Scopes",
        "UpdateTerms": "TermsId TermsName TermsSource Enforcement Links",
        "UpdateUserPool": " ".join(POOL_MEMBERS),
        "UpdateUserPoolClient": f"ClientId {_CLIENT}",
    }.items()
}
"""Operations on one user pool, with the members that they may have."""

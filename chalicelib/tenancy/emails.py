"""Email addresses, as far as one can tell without sending a mail."""

from __future__ import annotations


def checked_email(value: str) -> str:
    """Return the address as it was given, once it is known to be one.

    Raises:
        ValueError: it is none; the message says why.
    """
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 -- for the few that need it

    try:
        validate_email(value, check_deliverability=False)
    except EmailNotValidError as error:
        raise ValueError(f"is not an email address: {error}") from None
    return value

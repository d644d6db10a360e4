"""Starts ministack, the emulator of a rehearsal, with three amendments. Runs in ministack's own virtual environment.

1. It knows no `dynamodb:LeadingKeys`, which every Allow of the project asks to be there. So it is told that it is an
   empty list, for which `ForAllValues` holds: leading keys are not enforced, and everything else of IAM is.
2. The temporary passwords that it draws are too short for a user pool that asks for 14 characters.
3. It gives integrations of type MOCK a method that nobody set, and Terraform would take it away at every apply.
"""

from __future__ import annotations

import os
import sys
import threading
from functools import partial

from ministack import app
from ministack.core import iam_actions
from ministack.services import apigateway_v1, cognito

from stage.local.processes import stop_when_input_ends

_context_of = iam_actions.dynamodb_service_context
_temporary_password = cognito._generate_temp_password
_put_integration = apigateway_v1._put_integration


def _amend() -> None:
    iam_actions.dynamodb_service_context = lambda body: {**_context_of(body), "dynamodb:LeadingKeys": []}
    cognito._generate_temp_password = lambda: _temporary_password() * 2
    apigateway_v1._put_integration = lambda api, resource, method, data: _put_integration(
        api, resource, method, {"httpMethod": None, **data}
    )


if __name__ == "__main__":
    sys.argv = sys.argv[:1]
    _amend()
    threading.Thread(target=stop_when_input_ends, args=(partial(os._exit, 0),), daemon=True).start()
    app.main()

"""All routes other programs call, under `/v1`, each behind a key."""

from typing import Any

from litestar import Router

from central_api.integrations.dms import endpoints as dms
from central_api.integrations.keys.guard import all_guarded
from central_api.integrations.till import endpoints as till
from central_api.integrations.vouchers import endpoints as vouchers

LARGEST_BODY = 1024 * 1024  # bytes; a full batch of bills is half of it
LARGEST_PAYMENT = 16 * 1024

handlers: list[Any] = [
    Router(
        "/v1/dms",
        route_handlers=all_guarded(dms.handlers),
        security=[{"key": []}],
        request_max_body_size=LARGEST_BODY,
        tags=["dms"],
    ),
    Router(
        "/v1/till",
        route_handlers=all_guarded([*till.handlers, *vouchers.handlers]),
        security=[{"key": []}],
        request_max_body_size=LARGEST_PAYMENT,
        tags=["till"],
    ),
]

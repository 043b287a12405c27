"""All routes devices call, under `/v1`, each behind the device's signature."""

from typing import Any

from litestar import Router

from central_api.device_api import (
    card_runs,
    cards,
    history,
    joining,
    offline,
    orders,
    routes,
    screens,
    staff_mode,
    staff_vouchers,
)
from central_api.device_api.caller import all_proved, signed_dependency

LARGEST_BODY = 64 * 1024  # bytes; the largest of ours is a few hundred

_OPEN: list[Any] = [routes.enrol, routes.ask_pairing]  # for devices nobody knows yet: signed with the key they bring

handlers: list[Any] = [
    Router(
        "/v1",
        route_handlers=all_proved(
            [
                *routes.handlers,
                *orders.handlers,
                *cards.handlers,
                *card_runs.handlers,
                *history.handlers,
                *joining.handlers,
                *offline.handlers,
                *screens.handlers,
                *staff_mode.handlers,
                *staff_vouchers.handlers,
            ],
            besides=_OPEN,
        ),
        security=[{"device": []}],
        request_max_body_size=LARGEST_BODY,  # it is read before it is known who sent it
        dependencies={"signed": signed_dependency},
    ),
]

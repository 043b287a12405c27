"""The routes by which a kiosk carries a card's commands and answers: issuing, resetting, proving (N3, N6)."""

import secrets
from datetime import datetime
from typing import Annotated, Any

from litestar import Response, post
from litestar.params import JSONBody, PathParameter

from central_api.bodies import strict
from central_api.cards import keys, runs
from central_api.context import Context, Served
from central_api.db import Tx
from central_api.device_api.answers import answer
from central_api.device_api.caller import Kiosk, for_kiosks
from central_api.devices.enrolled import Device
from club.model import errors
from club.wire.card_runs import AnswerCardRun, BeginCardRun, CardRunStep

RunId = Annotated[str, PathParameter(description="id the device made", max_length=64)]


@post("/card-runs", dto=strict(BeginCardRun), return_dto=None, status_code=200, tags=["cards"])
@for_kiosks
def begin_card_run(data: JSONBody[BeginCardRun], context: Served, kiosk: Kiosk) -> Response[CardRunStep]:
    """Begin to issue, reset or prove a card; the same id again finds the run where it is (N6)."""
    now, seed = context.clock.now(), secrets.token_bytes(runs.SEED_BYTES)

    def work(tx: Tx) -> CardRunStep:
        if data.purpose != "prove":
            keys.ensure_first(tx, context.vault, now)
        return runs.begin(tx, _means(tx, context, now), kiosk, data, seed=seed)

    return answer(context.db.run(work))


@post("/card-runs/{run_id:str}/answers", dto=strict(AnswerCardRun), return_dto=None, status_code=200, tags=["cards"])
@for_kiosks
def answer_card_run(
    run_id: RunId, data: JSONBody[AnswerCardRun], context: Served, kiosk: Kiosk
) -> Response[CardRunStep]:
    """Take the card's answer in; the next command, or that it is done. The same answer again gets the same step again (N6)."""
    done = context.db.run(lambda tx: _answer(tx, context, kiosk, run_id, data))
    if isinstance(done, errors.ClubError):  # raised out here: that the run failed is to be kept
        raise done
    return answer(done)


def _answer(
    tx: Tx, context: Context, kiosk: Device, run_id: str, data: AnswerCardRun
) -> CardRunStep | errors.ClubError:
    means = _means(tx, context, context.clock.now())
    return runs.answer(tx, means, kiosk, run_id, data.index, bytes.fromhex(data.answer))


def _means(tx: Tx, context: Context, now: datetime) -> runs.Means:
    keyset = keys.StoredKeys(tx, context.keyring, context.vault)
    return runs.Means(keyset, context.vault, context.settings.cards.url, now)


handlers: list[Any] = [begin_card_run, answer_card_run]

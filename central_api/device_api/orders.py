"""The routes by which a device learns what staff want it to do, and tells what became of it (C9)."""

from typing import Annotated

from litestar import Response, get, post
from litestar.params import JSONBody, PathParameter

from central_api.bodies import strict
from central_api.context import Served
from central_api.device_api.answers import answer
from central_api.device_api.caller import EnrolledDevice, Signed, for_devices, for_signers
from central_api.devices import remote
from club.model import errors
from club.wire.devices import CommandAnswer, CommandAnswered, DeviceCommand, DeviceCommands

_COMMAND = "/devices/self/commands/{command_id:str}"
CommandId = Annotated[str, PathParameter(description="id of the command", max_length=64)]


@get("/devices/self/commands", tags=["devices"])
@for_devices
def commands(context: Served, device: EnrolledDevice) -> Response[DeviceCommands]:
    """What staff want the calling device to do, oldest first; the same again until it is answered or its time is over."""
    now = context.clock.now()
    found = context.db.run(lambda tx: remote.fetch(tx, device, now))
    told = tuple(DeviceCommand(command_id=row.id, kind=row.kind, expires_at=row.expires_at) for row in found)
    return answer(DeviceCommands(commands=told))


@post(_COMMAND + "/answer", dto=strict(CommandAnswer), return_dto=None, status_code=200, tags=["devices"])
@for_signers
def answer_command(
    command_id: CommandId, data: JSONBody[CommandAnswer], context: Served, device: EnrolledDevice
) -> Response[CommandAnswered]:
    """What became of a command; said again, or too late, it changes nothing and is told how the command ended.

    Raises:
        NotFound: the calling device has no such command.
    """
    now = context.clock.now()
    state = context.db.run(lambda tx: remote.answer(tx, device, command_id, data.state, data.detail, now))
    return answer(CommandAnswered(state=state))


@post(_COMMAND + "/picture", status_code=204, tags=["devices"], request_max_body_size=remote.LARGEST_SHOT)
@for_signers
def bring_picture(command_id: CommandId, context: Served, signed: Signed, device: EnrolledDevice) -> None:
    """The picture of the screen that a command asked for, JPEG or PNG, before the command is answered.

    Raises:
        NotFound: the calling device has no such command, or one that asked for no picture.
        Malformed: it is no picture.
    """
    if not signed.body:
        raise errors.Malformed("expected a JPEG or PNG of the screen, found nothing")
    now = context.clock.now()
    context.db.run(lambda tx: remote.keep_shot(tx, device, command_id, signed.body, now))


handlers = [commands, answer_command, bring_picture]

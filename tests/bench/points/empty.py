"""A service that only reads the command and answers: the same server and framework, no signature, no database.

What it answers a second is what the load client, HTTP and the framework leave room for on this machine. Prints `ready on URL`.
"""

import socket

import uvicorn
from litestar import Litestar, Response, post
from litestar.params import JSONBody

from central_api.bodies import strict
from club.wire.rewards import Redeem

ANSWER = b'{"command_id":"0123456789abcdef01234567","redemption_id":"0123456789abcdef0123456789","points":20750}'


@post("/v1/redemptions", dto=strict(Redeem), return_dto=None, status_code=200)
async def nothing(data: JSONBody[Redeem]) -> Response[bytes]:
    """Do nothing."""
    return Response(ANSWER, media_type="application/json")


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        assert sockets is not None
        print(f"ready on http://127.0.0.1:{sockets[0].getsockname()[1]}", flush=True)


if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", 0)) as listening:
        app = Litestar([nothing], openapi_config=None, logging_config=None)
        _Server(uvicorn.Config(app, log_config=None, access_log=False)).run(sockets=[listening])

"""Gives a member of the staff a new password from the server's own command line, for when nobody can sign in."""

from central_api.context import Context
from central_api.staff import demo, service


def new_password(context: Context, number: str) -> str:
    """Set a random password for a staff number and return it; sessions of that person end.

    Raises:
        NotFound: nobody has this number.
    """
    password = demo.new_password()
    with context.db.write() as tx:
        service.set_password(tx, context.passwords, number, password, context.clock.now(), by="system")
    return password

"""Writes the draft of a new revision from the difference between models and migrations (for developers).

python -m central_api.migrations.new 0002_boards
"""

import sys
import tempfile
from pathlib import Path

from alembic import command

from central_api.db import Database
from central_api.migrations import runner


def main() -> None:
    """Draft the revision named on the command line; read and trim it before it is committed."""
    name = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        db = Database(f"sqlite:///{Path(folder) / 'draft.sqlite3'}")
        runner.upgrade(db)
        with db.write() as tx:
            settings = runner.config()
            settings.attributes["connection"] = tx.connection
            command.revision(settings, message=name, rev_id=name, autogenerate=True)
        db.close()


if __name__ == "__main__":
    main()

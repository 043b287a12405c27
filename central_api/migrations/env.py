"""Run by Alembic: works inside the connection and transaction that the runner opened."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from central_api import columns, tables


def _spell(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write our own column types into a draft with their import."""
    if kind == "type" and isinstance(item, columns.UtcDateTime):
        autogen.imports.add("from central_api.columns import UtcDateTime")
        return "UtcDateTime()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.metadata,
    render_as_batch=True,
    compare_type=True,
    render_item=_spell,
    transactional_ddl=False,  # the runner's unit of work is the transaction
)
context.run_migrations()

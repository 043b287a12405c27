"""Describes the wire types whose payload is sent as it was stored, which the framework's own description cannot."""

from typing import Any

from litestar._openapi.schema_generation import SchemaCreator
from litestar.openapi.spec import Schema
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition

from club.wire import changes

_ROWS = (changes.Change, changes.SnapshotRow)


class StoredPayloads(OpenAPISchemaPlugin):
    """Shows a feed's rows with their payload as any JSON object: an entity of `club.wire.changes`."""

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        """Whether the field is a row of a feed or a snapshot."""
        return field_definition.annotation in _ROWS

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: SchemaCreator) -> Schema:
        """The row, its payload left open."""
        kinds: dict[str, Any] = field_definition.get_type_hints(include_extras=True, resolve_generics=True)
        payload = dict[str, Any] if field_definition.annotation is changes.SnapshotRow else dict[str, Any] | None
        fields = {
            name: FieldDefinition.from_annotation(payload if name == "payload" else kind, name=name)
            for name, kind in kinds.items()
        }
        return schema_creator.create_component_schema(field_definition, required=sorted(fields), property_fields=fields)

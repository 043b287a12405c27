"""Strict bodies for routes: `dto=strict(Kind)` reads JSON exactly as the wire types say (2.0 is not 2), and shows in OpenAPI."""

from collections.abc import Generator
from typing import Any, ClassVar, TypeVar

from litestar.dto import AbstractDTO, DTOConfig, DTOFieldDefinition
from litestar.openapi.spec import Reference, Schema
from litestar.typing import FieldDefinition

from club.wire import codec

T = TypeVar("T")


class _Strict(AbstractDTO[Any]):
    """Decodes with the wire's own decoder in place of the framework's lenient one."""

    kind: ClassVar[type]
    read_as: ClassVar[type]

    def decode_bytes(self, value: bytes) -> Any:
        return codec.decode(value, self.read_as)

    @classmethod
    def create_for_field_definition(
        cls, field_definition: FieldDefinition, handler_id: str, backend_cls: Any = None
    ) -> None:
        """No transfer model is made: the wire type is the model."""

    @classmethod
    def create_openapi_schema(
        cls, field_definition: FieldDefinition, handler_id: str, schema_creator: Any
    ) -> Reference | Schema:
        found: Reference | Schema = schema_creator.for_field_definition(FieldDefinition.from_annotation(cls.kind))
        return found

    @classmethod
    def generate_field_definitions(cls, model_type: type[Any]) -> Generator[DTOFieldDefinition, None, None]:
        yield from ()

    @classmethod
    def detect_nested_field(cls, field_definition: FieldDefinition) -> bool:
        return False


def strict(kind: type, *, read_as: type | None = None) -> type[AbstractDTO[Any]]:
    """The DTO of a route whose `data` is a wire type.

    Args:
        kind: the wire type, as OpenAPI shows it.
        read_as: what the route is given instead, where it judges the parts of a body one by one.
    """
    own = {"kind": kind, "read_as": read_as or kind, "model_type": read_as or kind, "config": DTOConfig()}
    return type(f"Strict{kind.__name__}", (_Strict,), own)

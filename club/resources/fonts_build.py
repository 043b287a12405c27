"""Takes the Simplified Chinese faces out of Debian's Noto CJK collections (run once, by ``./dev set-up``).

Kivy opens face 0 of a collection, and face 0 is Japanese: 门直骨角 would be drawn in Japanese forms. Each wanted face is
therefore saved as a file of its own, found by the name it carries, never by its place in the collection.

A program opens a face anew for every size, and FreeType keeps tables of each opening in memory: 2.6 MB as the face comes.
Every character stays, since names need them all; forms of other regions, vertical setting and shared outlines go, and an
opened size takes 0.3 MB and a fifth of the time.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from club.resources import files

DEBIAN_FOLDER = Path("/usr/share/fonts/opentype/noto")
_FAMILY_NAME_ID, _TYPOGRAPHIC_FAMILY_NAME_ID = 1, 16


class Face(NamedTuple):
    """One face to take: from which collection, under which family name, for which role."""

    role: files.FontRole
    collection: str
    family: str


FACES = (
    Face("sans", "NotoSansCJK-Regular.ttc", "Noto Sans CJK SC"),
    Face("sans-bold", "NotoSansCJK-Bold.ttc", "Noto Sans CJK SC"),
    Face("serif-bold", "NotoSerifCJK-Bold.ttc", "Noto Serif CJK SC"),
)


def extract(face: Face, source: Path, target: Path) -> None:
    """Save one face of a collection as its own OpenType file; the target appears whole or not at all.

    Args:
        face: what to take.
        source: the folder of the collections.
        target: the folder to write to.

    Raises:
        ResourceMissing: when the collection is absent or holds no face of that name.
    """
    import uharfbuzz as hb

    collection_file = source / face.collection
    if not collection_file.is_file():
        msg = f"expected {collection_file}; it is not there. Install the Debian package fonts-noto-cjk"
        raise files.ResourceMissing(msg)
    collection = hb.Blob.from_file_path(str(collection_file))
    families = []
    for place in range(_count(collection_file)):
        found = hb.Face(collection, place)
        names = {entry.name_id: found.get_name(entry.name_id) for entry in found.list_names()}
        family = names.get(_TYPOGRAPHIC_FAMILY_NAME_ID) or names.get(_FAMILY_NAME_ID)
        families.append(family)
        if family == face.family:
            target.mkdir(parents=True, exist_ok=True)
            part = target / f"{files.FONT_FILES[face.role]}.part"
            part.write_bytes(_light(found))
            part.replace(target / files.FONT_FILES[face.role])
            return
    msg = f"expected a face {face.family!r} in {collection_file}; found {', '.join(map(str, families))}"
    raise files.ResourceMissing(msg)


def _count(collection_file: Path) -> int:
    """How many faces a collection holds (OpenType, "Font Collections": tag, version, then their number)."""
    with collection_file.open("rb") as file:
        head = file.read(12)
    return int.from_bytes(head[8:12], "big") if head[:4] == b"ttcf" else 1


def _light(face: Any) -> bytes:
    """The face with every character it has, and what draws them in a horizontal line; in the order FreeType reads fastest."""
    import uharfbuzz as hb

    wish = hb.SubsetInput()
    wish.flags = hb.SubsetFlags.DESUBROUTINIZE | hb.SubsetFlags.CFF_IDENTITY_CHARSET | hb.SubsetFlags.NOTDEF_OUTLINE
    wish.unicode_set.update(face.unicodes)
    wish.layout_feature_tag_set.clear()
    wish.layout_feature_tag_set.add(_tag("kern"))
    for table in ("GSUB", "GDEF", "BASE", "vhea", "vmtx", "VORG", "DSIG"):
        wish.drop_table_tag_set.add(_tag(table))
    return bytes(hb.subset(face, wish).blob.data)


def _tag(name: str) -> int:
    return int.from_bytes(name.encode("ascii"), "big")


def main(arguments: Sequence[str] | None = None) -> int:
    """Take every face that is not there yet."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--source", type=Path, default=DEBIAN_FOLDER, help="folder of the Noto CJK collections")
    parser.add_argument("--target", type=Path, default=files.fonts_dir(), help="folder to write to")
    options = parser.parse_args(arguments)
    try:
        for face in FACES:
            if not (options.target / files.FONT_FILES[face.role]).is_file():
                extract(face, options.source, options.target)
    except files.ResourceMissing as missing:
        sys.stderr.write(f"{missing}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

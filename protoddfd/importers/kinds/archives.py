"""Zip archives of data files, and single files packed with gzip: unpacked, within bounds, and read."""

import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

import msgspec

from dataforms.sheets.refused import ImportRefused
from protoddfd.importers.bombs import most_bytes, refuse_bomb, unzipped
from protoddfd.importers.found import Finding, Source
from protoddfd.importers.kinds import registry
from protoddfd.importers.kinds.unpacking import copied, damaged, new_folder, unpacked
from protoddfd.importers.merging import merged

_NO_DATA = ("__macosx", "readme", "license", "licence", ".ds_store", "thumbs.db")


def find(source: Source, scratch: Path) -> Finding:
    """Return what is in the files of an archive, which are unpacked into `scratch`; raise ImportRefused."""
    path = Path(source.path)
    with path.open("rb") as file:
        is_zip = file.read(2) == b"PK"
    if is_zip:
        folder = new_folder(scratch)
        inside = [msgspec.structs.replace(source, name=n, path=str(p)) for n, p in _unzip(path, folder)]
    else:
        inside = [unpacked(source, scratch)]
    notes: list[str] = []
    findings = []
    for unit in registry.units(inside, scratch):
        try:
            findings.append(_found(unit, scratch))
        except ImportRefused as refusal:
            if len(inside) == len(unit):
                raise
            notes.append(f"{source.name}: {refusal}, so it was left out.")
    if not findings:
        raise ImportRefused("there is no data file in it", "pack CSV files, for example")
    return Finding(
        tables=tuple(table for each in findings for table in each.tables),
        drafted=merged([each.drafted for each in findings]),
        notes=(*notes, *(note for each in findings for note in each.notes)),
    )


def _found(unit: Sequence[Source], scratch: Path) -> Finding:
    with Path(unit[0].path).open("rb") as file:
        if file.read(4) == b"PK\x03\x04" and unit[0].name.lower().endswith((".zip", ".gz")):
            raise ImportRefused(f"{unit[0].name} is an archive in an archive", "unpack it first")
    return registry.find_unit(unit, scratch)


def _unzip(path: Path, folder: Path) -> list[tuple[str, Path]]:
    """Return the names of the files in an archive, and where they were unpacked to."""
    refuse_bomb(path)
    left = most_bytes(path.stat().st_size)
    found: list[tuple[str, Path]] = []
    with unzipped(path) as archive:
        for number, part in enumerate(archive.infolist()):
            name = PurePosixPath(part.filename.replace("\\", "/"))
            if part.is_dir() or _is_no_data(name):
                continue
            place = folder / f"{number}"  # never a name of the archive's own
            try:
                with archive.open(part) as packed:
                    left -= copied(packed, place, left)
            except (OSError, ValueError, RuntimeError, NotImplementedError, zlib.error, EOFError) as error:
                raise damaged(error) from error
            except Exception as error:
                if type(error).__name__ not in ("BadZipFile", "LZMAError"):
                    raise
                raise damaged(error) from error
            found.append((name.name, place))
    return found


def _is_no_data(name: PurePosixPath) -> bool:
    parts: Iterable[str] = (part.casefold() for part in name.parts if part != "..")
    return any(part.startswith((".", *_NO_DATA)) for part in parts)

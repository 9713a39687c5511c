"""`fixtures/MANIFEST.toml`: which command made each fixture, with which versions, seed and checksums.

One table a fixture, sorted by name. A run replaces the tables of the fixtures that it made and leaves
the others untouched, so that several generators share the file.
"""

import hashlib
import json
import tomllib
from pathlib import Path

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
HEADER = """\
# What made each fixture, sorted by name. Written by reference/*.py; edit nothing by hand.
"""


def record(entries: dict[str, dict]) -> None:
    """Replaces the tables named in `entries`; each holds `command`, `versions` and perhaps `seed`.

    The checksums are those of the files now lying in `fixtures/<name>` (a folder or one file).
    """
    path = FIXTURES / "MANIFEST.toml"
    tables = tomllib.loads(path.read_text()) if path.exists() else {}
    for name, entry in entries.items():
        tables[name] = entry | {"sha256": checksums(FIXTURES / name)}
    path.write_text(HEADER + "".join(table(name, tables[name]) for name in sorted(tables)))


def checksums(place: Path) -> dict[str, str]:
    files = sorted(file for file in place.rglob("*") if file.is_file()) if place.is_dir() else [place]
    root = place if place.is_dir() else place.parent
    return {str(file.relative_to(root)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def table(name: str, entry: dict) -> str:
    lines = [f"\n[{json.dumps(name)}]"]
    lines += [f"{key} = {json.dumps(entry[key])}" for key in sorted(entry) if key != "sha256"]
    lines += [f"sha256.{json.dumps(file)} = {json.dumps(digest)}" for file, digest in entry["sha256"].items()]
    return "\n".join(lines) + "\n"

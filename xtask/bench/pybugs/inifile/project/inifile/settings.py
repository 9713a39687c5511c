import os
from pathlib import Path

from inifile.parser import parse

TRUE = {"1", "yes", "true", "on"}
FALSE = {"0", "no", "false", "off"}
_REQUIRED = object()


class Settings:
    """Typed access to parsed sections; keys are "section.key"."""

    def __init__(self, sections, environ=None, prefix="APP"):
        self.sections = sections
        self.environ = os.environ if environ is None else environ
        self.prefix = prefix

    def get(self, key, default=_REQUIRED):
        section, _, name = key.rpartition(".")
        variable = "_".join(part for part in (self.prefix, section, name) if part).upper()
        if variable in self.environ:
            return self.environ[variable]
        try:
            return self.sections[section][name]
        except KeyError:
            if default is _REQUIRED:
                raise KeyError(key) from None
            return default

    def get_int(self, key, default=_REQUIRED):
        value = self.get(key, default)
        return int(value) if isinstance(value, str) else value

    def get_bool(self, key, default=_REQUIRED):
        value = self.get(key, default)
        if not isinstance(value, str):
            return value
        if value.lower() in TRUE:
            return True
        if value.lower() in FALSE:
            return False
        raise ValueError(f"{key}: {value!r} is neither yes nor no")

    def get_list(self, key, default=_REQUIRED):
        """A value such as "a, b"; empty items do not count."""
        value = self.get(key, default)
        if not isinstance(value, str):
            return value
        return [item.strip() for item in value.split(",") if item.strip()]


def load(path, environ=None):
    """The settings of a file and of those that its key `include` names beside it; later ones win."""
    path = Path(path)
    sections = parse(path.read_text(encoding="utf-8"))
    merged = {}
    for name in sections[""].get("include", "").split():
        merge(merged, parse((path.parent / name).read_text(encoding="utf-8")))
    merge(merged, sections)
    return Settings(merged, environ)


def merge(target, source):
    """Puts the values of `source` over those of `target`, section by section."""
    for name, values in source.items():
        target.setdefault(name, {}).update(values)

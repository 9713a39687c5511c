"""A validator for the part of JSON Schema that the tool list uses, and the canonical order of arguments."""

import json
import re


class Tools:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
        self.defs = document["$defs"]
        self.tools = {tool["name"]: tool["parameters"] for tool in document["tools"]}

    def check(self, call):
        """What is wrong with `call`: a list of messages, empty when it is valid."""
        name = call["tool"]
        if name not in self.tools:
            return [f"no tool `{name}`"]
        return list(self._errors(call["arguments"], self.tools[name], name))

    def ordered(self, name, arguments):
        return self._ordered(arguments, self.tools[name])

    def _resolve(self, schema):
        return self.defs[schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema

    def _errors(self, value, schema, at):
        schema = self._resolve(schema)
        if "oneOf" in schema:
            fits = sum(not any(self._errors(value, option, at)) for option in schema["oneOf"])
            if fits != 1:
                yield f"{at}: {value!r} fits {fits} forms"
            return
        if "enum" in schema and value not in schema["enum"]:
            yield f"{at}: {value!r} is not one of {schema['enum']}"
        kind = schema.get("type")
        if kind and not _is(value, kind):
            yield f"{at}: {value!r} is no {kind}"
            return
        yield from _limits(value, schema, at)
        if kind == "object":
            yield from self._object_errors(value, schema, at)
        if kind == "array":
            for i, item in enumerate(value):
                yield from self._errors(item, schema["items"], f"{at}[{i}]")

    def _object_errors(self, value, schema, at):
        properties = schema.get("properties", {})
        for name in schema.get("required", []):
            if name not in value:
                yield f"{at}: `{name}` is missing"
        for name, item in value.items():
            if name in properties:
                yield from self._errors(item, properties[name], f"{at}.{name}")
            elif schema.get("additionalProperties") is False:
                yield f"{at}: no `{name}`"

    def _ordered(self, value, schema):
        schema = self._resolve(schema)
        if isinstance(value, list):
            return [self._ordered(item, schema.get("items", {})) for item in value]
        if not isinstance(value, dict):
            return value
        if "oneOf" in schema:
            schema = next(o for o in schema["oneOf"] if value.keys() <= o["properties"].keys())
        properties = schema.get("properties", {})
        known = {name: self._ordered(value[name], properties[name]) for name in properties if name in value}
        return known | {name: item for name, item in value.items() if name not in known}


def _is(value, kind):
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, {"object": dict, "array": list, "string": str, "boolean": bool}[kind])


def _limits(value, schema, at):
    if "minimum" in schema and value < schema["minimum"]:
        yield f"{at}: {value!r} is below {schema['minimum']}"
    if "maximum" in schema and value > schema["maximum"]:
        yield f"{at}: {value!r} is above {schema['maximum']}"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{at}: {value!r} does not match {schema['pattern']}"
    if "minItems" in schema and len(value) < schema["minItems"]:
        yield f"{at}: fewer than {schema['minItems']} items"

"""A validator for the part of JSON Schema that the tool list uses, and the canonical order of arguments."""

import json
import re


WRITTEN = ("expression", "missing", "for_tool")
"""Texts that are not copied from what was said."""
COPIED_ANYWHERE = ("named",)
"""Texts inside of days and times that are."""


class Tools:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
        self.defs = document["$defs"]
        self.tools = {tool["name"]: tool["parameters"] for tool in document["tools"]}
        self.copied = {
            name: {argument for argument, schema in parameters["properties"].items() if argument not in WRITTEN and _is_free(schema)}
            for name, parameters in self.tools.items()
        }

    def check(self, call):
        """What is wrong with `call`: a list of messages, empty when it is valid."""
        name = call["tool"]
        if name not in self.tools:
            return [f"no tool `{name}`"]
        return list(self._errors(call["arguments"], self.tools[name], name))

    def ordered(self, name, arguments):
        return self._ordered(arguments, self.tools[name])

    def written(self, calls):
        """Calls as the model writes them: JSON in which every text that is copied begins with a space. A word then is the same
        token in an argument as in the sentence."""
        done = []
        for call in calls:
            copied = self.copied[call["tool"]]
            arguments = {name: _spaced(value, name in copied) for name, value in call["arguments"].items()}
            done.append({"tool": call["tool"], "arguments": arguments})
        return json.dumps(done, ensure_ascii=False, separators=(",", ":"))

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


def _is_free(schema):
    schema = schema.get("items", schema)
    return schema.get("type") == "string" and not {"enum", "const", "pattern", "format"} & schema.keys()


def _spaced(value, is_copied):
    if isinstance(value, str):
        return f" {value}" if is_copied else value
    if isinstance(value, list):
        return [_spaced(item, is_copied) for item in value]
    if isinstance(value, dict):
        return {name: _spaced(item, name in COPIED_ANYWHERE) for name, item in value.items()}
    return value


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

"""Conversations rendered by transformers, for every built-in template and for `features.jinja`.

    python reference/chat_templates.py [../shared/data/tokenizers]

writes `fixtures/chat/cases.json` and `fixtures/chat/NAME.json`. With the folder of vocabularies, the
templates that three of them carry are rendered too; only the texts are kept.
"""

import datetime
import json
import pathlib
import platform
import sys
from importlib.metadata import version

import transformers.utils.chat_template_utils as chat

import manifest

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILTIN = ROOT / "crates/models/src/chat/builtin"
FIXTURES = ROOT / "fixtures/chat"

WEATHER = {
    "name": "get_weather",
    "description": 'Weather at a place, "now" or later.\nIn °C.',
    "parameters": json.dumps(
        {
            "type": "object",
            "properties": {
                "place": {"type": "string", "description": "Town, or <lat, lon>"},
                "days": {"type": "integer", "description": "How many", "default": 1},
                "unit": {"type": "string", "enum": ["c", "f"]},
                "at": {"type": "array", "items": {"type": "number"}},
            },
            "required": ["place"],
        }
    ),
}
NOW = {"name": "now", "description": "The time.", "parameters": json.dumps({"type": "object", "properties": {}})}
SYSTEM = {"role": "system", "content": "You are brief.\n  And kind. "}
HELLO = {"role": "user", "content": " Hello, Wörld! 🦙\n"}
ANSWER = {"role": "assistant", "content": "Hi.", "reasoning": "They greet me.\nI greet back."}
CALL = {
    "role": "assistant",
    "content": None,
    "reasoning": "I look it up.",
    "tool_calls": [{"id": "abcdef123", "name": "get_weather", "arguments": '{"place": "Zürich", "days": 2, "at": [1.5, -2], "x": {"b": null, "a": true}}'}],
}
TWO = {
    "role": "assistant",
    "content": "Both.",
    "tool_calls": [
        {"id": "abcdef124", "name": "get_weather", "arguments": '{"place": "O\'Brien \\"x\\""}'},
        {"id": "abcdef125", "name": "now", "arguments": "{}"},
    ],
}
RESULT = {"role": "tool", "tool_call_id": "abcdef123", "content": '{"t": 21}'}
RESULTS = [
    {"role": "tool", "tool_call_id": "abcdef124", "content": "rain"},
    {"role": "tool", "tool_call_id": "abcdef125", "content": "12:00"},
]
MORE = {"role": "user", "content": "And tomorrow?"}
PARTS = {"role": "user", "content": [{"type": "text", "text": "Look: "}, {"type": "image", "image": "a.png"}, {"type": "text", "text": "what?"}]}
DEVELOPER = {"role": "developer", "content": "Use metric."}

CASES = {
    "hello": dict(messages=[HELLO]),
    "hello-closed": dict(messages=[HELLO], add_generation_prompt=False),
    "system": dict(messages=[SYSTEM, HELLO]),
    "developer": dict(messages=[DEVELOPER, HELLO]),
    "turns": dict(messages=[SYSTEM, HELLO, ANSWER, MORE]),
    "answered": dict(messages=[HELLO, ANSWER], add_generation_prompt=False),
    "thinking": dict(messages=[HELLO], options={"enable_thinking": True}),
    "no-thinking": dict(messages=[SYSTEM, HELLO], options={"enable_thinking": False}),
    "tools": dict(messages=[SYSTEM, HELLO], tools=[WEATHER, NOW]),
    "tools-alone": dict(messages=[HELLO], tools=[WEATHER]),
    "called": dict(messages=[HELLO, CALL], tools=[WEATHER], add_generation_prompt=False),
    "returned": dict(messages=[SYSTEM, HELLO, CALL, RESULT], tools=[WEATHER]),
    "continued": dict(messages=[HELLO, CALL, RESULT, ANSWER, MORE], tools=[WEATHER, NOW]),
    "parallel": dict(messages=[HELLO, TWO, *RESULTS], tools=[WEATHER, NOW]),
    "empty": dict(messages=[{"role": "user", "content": ""}, {"role": "assistant", "content": ""}, MORE]),
    "inline-thoughts": dict(messages=[HELLO, {"role": "assistant", "content": "<think>\nhm\n</think>\n\nOk."}, MORE]),
    "parts": dict(messages=[PARTS]),
    "prefill": dict(messages=[HELLO, {"role": "assistant", "content": "The answer is "}], add_generation_prompt=False, continues_last=True),
    "modes": dict(messages=[{"role": "system", "content": "Short. /no_think"}, HELLO], options={"reasoning_effort": "high"}),
}


class Frozen(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2026, 11, 21, 13, 5, 17)


def as_hf(case, source, takes_parts):
    """The case in the shapes that transformers documents."""
    names, messages = {}, []
    for message in case["messages"]:
        content = message["content"]
        if isinstance(content, list) and not takes_parts:
            content = "\n".join(part["text"] for part in content if part["type"] == "text")
        role = message["role"]
        if role == "developer" and "developer" not in source:
            role = "system"
        out = {"role": role, "content": "" if content is None else content}
        if "reasoning" in message:
            out["reasoning_content"] = message["reasoning"]
        for call in message.get("tool_calls", []):
            names[call["id"]] = call["name"]
            function = {"name": call["name"], "arguments": json.loads(call["arguments"])}
            out.setdefault("tool_calls", []).append({"id": call["id"], "type": "function", "function": function})
        if "tool_call_id" in message:
            out["tool_call_id"] = message["tool_call_id"]
            out["name"] = names[message["tool_call_id"]]
        messages.append(out)
    tools = [
        {"type": "function", "function": tool | {"parameters": json.loads(tool["parameters"])}}
        for tool in case.get("tools", [])
    ]
    return messages, tools or None


def render(source, case, takes_parts):
    messages, tools = as_hf(case, source, takes_parts)
    try:
        rendered, _ = chat.render_jinja_template(
            conversations=[messages],
            tools=tools,
            chat_template=source,
            add_generation_prompt=case.get("add_generation_prompt", True),
            continue_final_message=case.get("continues_last", False),
            bos_token="<BOS>",
            eos_token="<EOS>",
            **case.get("options", {}),
        )
        return rendered[0]
    except Exception as error:
        print("   refused:", type(error).__name__, error)
        return None


def main(vocabularies=None):
    chat.datetime = Frozen
    sources = {path.stem: path.read_text() for path in sorted(BUILTIN.glob("*.jinja"))}
    sources["features"] = (FIXTURES / "features.jinja").read_text()
    if vocabularies:
        from gguf import GGUFReader

        for name in ("gemma-4", "phi-3", "qwen2"):
            path = pathlib.Path(vocabularies) / f"ggml-vocab-{name}.gguf"
            sources[f"gguf-{name}"] = GGUFReader(path).fields["tokenizer.chat_template"].contents()
    FIXTURES.mkdir(parents=True, exist_ok=True)
    write = lambda name, value: (FIXTURES / name).write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n")
    write("cases.json", CASES)
    for name, source in sources.items():
        takes_parts = name in ("qwen35", "gemma3", "gemma4", "gguf-gemma-4")
        print(name)
        write(f"{name}.json", {case: render(source, value, takes_parts) for case, value in CASES.items()})
    versions = ", ".join(f"{name} {version(name)}" for name in ("jinja2", "transformers"))
    command = "python reference/chat_templates.py ../shared/data/tokenizers"
    manifest.record({"chat": {"command": command, "versions": f"python {platform.python_version()}, {versions}"}})


if __name__ == "__main__":
    main(*sys.argv[1:])

"""The official Codex CLI against a scripted model behind `/v1/responses`, without a network.

The server is at FREEHOLD_URL, the program at FREEHOLD_CODEX, and FREEHOLD_WORK names a folder that it may fill.
Between the two stands a proxy that keeps what was asked. Words after the program's name choose cases.
"""

import http.client
import json
import os
import shutil
import subprocess
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "python"))

from cases import case, run  # noqa: E402

# A name that no catalogue of models has.
MODEL = "script"
# Neither its home nor its work may lie in what it takes for the temporary directory.
CONFIG = """
model = "{model}"
model_provider = "freehold"

[model_providers.freehold]
name = "Freehold"
base_url = "{url}/v1"
wire_api = "responses"
env_key = "FREEHOLD_KEY"
"""


class Proxy(ThreadingHTTPServer):
    """Passes requests on and keeps them; pieces of replies go through as they come."""

    daemon_threads = True

    def __init__(self, url):
        self.to = urllib.parse.urlsplit(url)
        self.asked = []
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.forward(None)

    def do_POST(self):
        self.forward(self.rfile.read(int(self.headers["content-length"])))

    def forward(self, body):
        asked = {"method": self.command, "path": self.path, "headers": dict(self.headers)}
        self.server.asked.append(asked)
        if body and body.startswith(b"{"):
            asked["body"] = json.loads(body)
        to = http.client.HTTPConnection(self.server.to.hostname, self.server.to.port, timeout=60)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "connection")}
        to.request(self.command, self.path, body, headers)
        reply = to.getresponse()
        asked["status"] = reply.status
        self.send_response(reply.status)
        for name, value in reply.getheaders():
            if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                self.send_header(name, value)
        self.end_headers()
        while piece := reply.read1(65536):
            self.wfile.write(piece)
            self.wfile.flush()

    def log_message(self, *_):
        pass


class Codex:
    """One home and one project."""

    def __init__(self, at, name):
        self.at = at
        self.work = at.work / name
        shutil.rmtree(self.work, ignore_errors=True)
        self.project = self.work / "project"
        self.home = self.work / "home"
        self.temporary = self.work / "temporary"
        for folder in (self.project, self.home / ".codex", self.temporary):
            folder.mkdir(parents=True)
        self.proxy = Proxy(at.url)
        config = CONFIG.format(model=MODEL, url=self.proxy.url)
        (self.home / ".codex/config.toml").write_text(config)

    def exec(self, *words, **environment):
        """Runs `codex exec`; its events, and what it said last."""
        last = self.work / "last.txt"
        last.unlink(missing_ok=True)
        command = [self.at.program, "exec", "--json", "--skip-git-repo-check"]
        command += ["--output-last-message", last, *words]
        done = subprocess.run(
            command,
            cwd=self.project,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=90,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.home),
                "CODEX_HOME": str(self.home / ".codex"),
                "TMPDIR": str(self.temporary),
                "FREEHOLD_KEY": os.environ.get("FREEHOLD_KEY", "none"),
                **environment,
            },
        )
        (self.work / "stderr.txt").write_text(done.stderr)
        assert done.returncode == 0, f"exit status {done.returncode}: {done.stdout[-600:]} {done.stderr[-600:]}"
        events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        assert events[-1]["type"] == "turn.completed", events[-1]
        return events, last.read_text()

    def turns(self):
        """The bodies of the requests for responses, of which none may have been repeated."""
        asked = [one for one in self.proxy.asked if one["method"] == "POST"]
        assert all(one["path"] == "/v1/responses" for one in asked), asked
        assert all(one["status"] == 200 for one in asked), [one["status"] for one in asked]
        return [one["body"] for one in asked]


# It may write where it works; whether its own sandbox can be made here is not what is tried.
FREE = ("--sandbox", "danger-full-access")


def items(events, kind):
    """What was completed, of this kind."""
    done = [event["item"] for event in events if event["type"] == "item.completed"]
    return [item for item in done if item["type"] == kind]


def of_type(body, kind):
    return [item for item in body["input"] if item["type"] == kind]


def texts(body, role):
    said = [item for item in of_type(body, "message") if item["role"] == role]
    return ["".join(part["text"] for part in item["content"]) for item in said]


@case("network.is_loopback_alone")
def network(at):
    lines = Path("/proc/net/dev").read_text().splitlines()[2:]
    assert [line.split(":")[0].strip() for line in lines] == ["lo"], lines


@case("codex.one_turn")
def one_turn(at):
    codex = Codex(at, "one-turn")
    events, last = codex.exec(*FREE, "hello there")
    assert last.strip() == "You said: hello there", last
    assert [item["text"] for item in items(events, "agent_message")] == ["You said: hello there"]
    usage = events[-1]["usage"]
    assert usage["input_tokens"] > 0 and usage["output_tokens"] == 4, usage
    (body,) = codex.turns()
    assert body["model"] == MODEL and body["stream"] is True
    assert texts(body, "user")[-1] == "hello there"
    kinds = {tool["type"] for tool in body["tools"]}
    assert {"function", "namespace", "web_search"} <= kinds, kinds
    (asked,) = codex.proxy.asked
    assert asked["headers"]["authorization"].startswith("Bearer ")


@case("codex.reasoning")
def reasoning(at):
    codex = Codex(at, "reasoning")
    _, last = codex.exec(*FREE, "[think]")
    assert last.strip() == "Thought through."
    assert len(codex.turns()) == 1


@case("codex.tool_call")
def tool_call(at):
    codex = Codex(at, "tool-call")
    events, last = codex.exec(*FREE, "[one file]")
    assert (codex.project / "one.txt").read_text() == "made by a tool\n"
    assert last.startswith("The tool said: ") and "written one" in last, last
    (command,) = items(events, "command_execution")
    assert command["exit_code"] == 0 and "written one" in command["aggregated_output"], command
    first, second = codex.turns()
    (call,) = of_type(second, "function_call")
    (output,) = of_type(second, "function_call_output")
    assert call["call_id"] == output["call_id"] and call["name"] == "exec_command"
    assert not of_type(first, "function_call")


@case("codex.parallel_tool_calls")
def parallel(at):
    codex = Codex(at, "parallel")
    events, last = codex.exec(*FREE, "[two files]")
    for name in ("one", "two"):
        assert (codex.project / f"{name}.txt").read_text() == "made by a tool\n"
    assert len(items(events, "command_execution")) == 2
    first, second = codex.turns()
    assert first["parallel_tool_calls"] is True
    calls = [call["call_id"] for call in of_type(second, "function_call")]
    outputs = [output["call_id"] for output in of_type(second, "function_call_output")]
    assert len(set(calls)) == 2 and set(calls) == set(outputs)
    assert last.startswith("The tool said: "), last


@case("codex.namespaced_tool")
def namespaced(at):
    """A tool inside a namespace is found again by whoever named it."""
    codex = Codex(at, "namespaced")
    _, last = codex.exec(*FREE, "[close agent]")
    _, second = codex.turns()
    (call,) = of_type(second, "function_call")
    assert (call["namespace"], call["name"]) == ("multi_agent_v1", "close_agent"), call
    assert "unsupported" not in last and "nobody" in last, last


@case("codex.output_schema")
def output_schema(at):
    codex = Codex(at, "schema")
    schema = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
        "required": ["name", "age"],
        "additionalProperties": False,
    }
    (codex.work / "schema.json").write_text(json.dumps(schema))
    _, last = codex.exec(*FREE, "--output-schema", codex.work / "schema.json", "[person]")
    assert json.loads(last) == {"name": "Ada", "age": 36}
    (body,) = codex.turns()
    form = body["text"]["format"]
    assert form["type"] == "json_schema" and form["schema"] == schema and form["strict"] is True


@case("codex.resume")
def resume(at):
    codex = Codex(at, "resume")
    events, _ = codex.exec(*FREE, "[one file]")
    thread = events[0]["thread_id"]
    assert len(list((codex.home / ".codex/sessions").rglob(f"*{thread}.jsonl"))) == 1
    events, last = codex.exec("resume", "--last", "and again")
    assert events[0]["thread_id"] == thread and last.strip() == "You said: and again"
    body = codex.turns()[-1]
    assert texts(body, "user")[-1] == "and again" and "[one file]" in texts(body, "user")
    assert texts(body, "assistant")[-1].startswith("The tool said: ")
    assert len(of_type(body, "function_call_output")) == 1
    _, last = codex.exec("resume", thread, "a third time")
    assert last.strip() == "You said: a third time"
    assert len(codex.turns()) == 4


@case("codex.as_ollama")
def as_ollama(at):
    """`codex --oss` finds the models here as it finds those of Ollama and of LM Studio."""
    for provider in ("ollama", "lmstudio"):
        codex = Codex(at, provider)
        place = {"CODEX_OSS_BASE_URL": f"{codex.proxy.url}/v1"}
        _, last = codex.exec(*FREE, "--oss", "--local-provider", provider, "-m", MODEL, "hello", **place)
        assert last.strip() == "You said: hello", (provider, last)


class At:
    url = os.environ["FREEHOLD_URL"]
    program = os.environ["FREEHOLD_CODEX"]
    work = Path(os.environ["FREEHOLD_WORK"])


if __name__ == "__main__":
    sys.exit(0 if run("codex", At(), sys.argv[1:]) else 1)

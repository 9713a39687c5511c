"""Runs calls on a Python module and on mutants of it, inside the box.

One JSON request a line on standard input, replies as JSON lines on standard output. Calls
are made in a fork that is replaced when it dies or stalls, so that no call ends the runner.

    load    source, module, root, mutants  -> {"loaded": ...} or {"error": ..., "detail": ...}
    run     cases, mutants, endless        -> one line a case, then {"done": true}
    show    cases                          -> one line a case with source text for assertions

`verify FILE ROOT SEED` as arguments runs a finished test file, given on standard input, in
shuffled order and with the clock moved.
"""

import ast
import builtins
import json
import mmap
import os
import random
import re
import select
import signal
import sys
import threading
import time
import types

STEP_LIMIT = 4_000  # loop turns and calls that one case may take on the original
TIME_LIMIT = 0.5  # processor seconds that one case may take on the original
OUTPUT_LIMIT = 4_000  # characters that one case may print
TEXT_LIMIT = 1_200  # characters of a described value; longer ones make no readable assertion
ITEM_LIMIT = 50  # items taken from an iterator
STALL_LIMIT = 4.0  # seconds without progress before the fork is given up
STALLS_MAX = 2  # cases of one request that may stall before the rest is given up
WAIT_LIMIT = 1.5  # seconds that one case may take, if it waits rather than computes


class OutOfSteps(BaseException):
    """The call takes too many steps, too much time or too much room."""


class Refused(BaseException):
    """The call reaches outside of the process."""


class TooBig(Exception):
    """The value is too big for a readable assertion."""


steps_left = STEP_LIMIT
armed = False  # whether calls that reach outside are refused
reached = None  # what the refused call wanted


def tick():
    global steps_left
    steps_left -= 1
    if steps_left < 0:
        raise OutOfSteps
    return True


def on_alarm(signum, frame):
    raise OutOfSteps


OUTSIDE = {
    "builtins.input": "standard input",
    "os.system": "other programs",
    "os.exec": "other programs",
    "os.posix_spawn": "other programs",
    "os.spawn": "other programs",
    "subprocess.Popen": "other programs",
    "pty.spawn": "other programs",
    "os.fork": "other processes",
    "os.forkpty": "other processes",
    "os.kill": "other processes",
    "os.killpg": "other processes",
    "socket.connect": "the network",
    "socket.bind": "the network",
    "socket.sendto": "the network",
    "socket.sendmsg": "the network",
    "socket.getaddrinfo": "the network",
    "socket.gethostbyname": "the network",
    "os.putenv": "the environment",
    "os.unsetenv": "the environment",
}
FILES = (
    "os.remove os.rename os.rmdir os.mkdir os.link os.symlink os.chmod os.chown os.truncate "
    "os.listdir os.scandir os.chdir os.utime os.walk glob.glob shutil.rmtree shutil.copyfile "
    "shutil.move shutil.copytree shutil.make_archive tempfile.mkstemp tempfile.mkdtemp sqlite3.connect"
).split()
OUTSIDE.update((event, "files") for event in FILES)


def on_audit(event, args):
    if not armed:
        return
    if event == "open":
        path, mode = args[0], args[1] or "r"
        path = os.fsdecode(path) if isinstance(path, (str, bytes)) else ""
        code = path.endswith((".py", ".pyc", ".so", ".zip", ".egg-link")) or "/encodings/" in path
        if code and not set(mode) & set("wax+"):
            return
        refuse("files")
    elif event in OUTSIDE:
        refuse(OUTSIDE[event])


def refuse(what):
    global reached
    reached = what
    raise Refused(what)


def no_sleep(seconds, sleep=time.sleep):
    if armed:
        refuse("the clock")
    sleep(seconds)


class Printed:
    """Standard output of a call: bounded, and part of what the call does."""

    encoding = "utf-8"
    errors = "strict"

    def __init__(self):
        self.parts = []
        self.size = 0

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError("write() argument must be str, not " + type(text).__name__)
        self.size += len(text)
        if self.size > OUTPUT_LIMIT:
            raise OutOfSteps
        self.parts.append(text)
        return len(text)

    def flush(self):
        pass

    def isatty(self):
        return False

    def text(self):
        return "".join(self.parts)


# ---------------------------------------------------------------- the module and its mutants


class Ticking(ast.NodeTransformer):
    """Counts loop turns and calls, so that endless ones end at the same step on every machine."""

    def probe(self, body, owner):
        at = 0
        if owner and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            at = 1 if isinstance(body[0].value.value, str) else 0
        where = body[min(at, len(body) - 1)]
        call = ast.Expr(ast.Call(ast.Name("__tick__", ast.Load()), [], []))
        for node in ast.walk(call):
            node.lineno = node.end_lineno = where.lineno
            node.col_offset = node.end_col_offset = where.col_offset
        body.insert(at, call)

    def visit_FunctionDef(self, node):
        self.generic_visit(node)
        self.probe(node.body, True)
        return node

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_For(self, node):
        self.generic_visit(node)
        self.probe(node.body, False)
        return node

    visit_AsyncFor = visit_While = visit_For

    def visit_comprehension(self, node):
        self.generic_visit(node)
        call = ast.Call(ast.Name("__tick__", ast.Load()), [], [])
        for part in ast.walk(call):
            ast.copy_location(part, node.iter)
        node.ifs.insert(0, call)
        return node


class Source:
    """The module cut at its top-level statements, so that a mutant recompiles one of them."""

    def __init__(self, path, module, text):
        self.path = path
        self.module = module
        self.raw = text.encode()
        tree = ast.parse(text, path)
        self.flags = 0
        for node in tree.body:
            if isinstance(node, ast.ImportFrom) and node.module == "__future__":
                for alias in node.names:
                    self.flags |= getattr(__import__("__future__"), alias.name).compiler_flag
        self.raises = set()
        for node in ast.walk(tree):
            if isinstance(node, (ast.Raise, ast.Assert)):
                self.raises.update(range(node.lineno, node.end_lineno + 1))
        starts = [0]
        for line in self.raw.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        self.spans = []  # [first line, start byte, end byte] of each piece
        for node in tree.body:
            first = min([node.lineno] + [d.lineno for d in getattr(node, "decorator_list", [])])
            if self.spans and first <= self.spans[-1][3]:
                self.spans[-1][2:] = [starts[node.end_lineno], node.end_lineno]
            else:
                self.spans.append([first, starts[first - 1], starts[node.end_lineno], node.end_lineno])
        self.pieces = [self.compile(first, self.raw[a:b]) for first, a, b, _ in self.spans]

    def compile(self, first, raw):
        tree = ast.parse("\n" * (first - 1) + raw.decode(), self.path)
        tree = Ticking().visit(tree)
        return compile(tree, self.path, "exec", flags=self.flags, dont_inherit=True)

    def mutate(self, start, end, text):
        """The pieces with one span replaced; None where nothing changes."""
        for index, (first, a, b, _) in enumerate(self.spans):
            if a <= start and end <= b:
                raw = self.raw[a:start] + text.encode() + self.raw[end:b]
                code = self.compile(first, raw)
                if same_code(code, self.pieces[index]):
                    return None
                return self.pieces[:index] + [code] + self.pieces[index + 1 :]
        return None

    def instantiate(self, pieces):
        module = types.ModuleType(self.module)
        module.__file__ = self.path
        module.__package__ = self.module.rpartition(".")[0]
        module.__dict__["__tick__"] = tick
        sys.modules[self.module] = module
        for code in pieces:
            exec(code, module.__dict__)
        return module


def same_code(a, b):
    if a.co_code != b.co_code or a.co_names != b.co_names or a.co_varnames != b.co_varnames:
        return False
    if len(a.co_consts) != len(b.co_consts):
        return False
    for x, y in zip(a.co_consts, b.co_consts):
        if isinstance(x, types.CodeType) and isinstance(y, types.CodeType):
            if not same_code(x, y):
                return False
        elif type(x) is not type(y) or repr(x) != repr(y):
            return False
    return True


class World:
    """One version of the module, ready to be called; rebuilt for each case if it keeps state."""

    def __init__(self, source, pieces):
        self.source = source
        self.pieces = pieces
        self.module = None

    def enter(self, stateful):
        if self.module is None or stateful:
            self.module = None
            self.module = self.source.instantiate(self.pieces)
            self.module.__dict__.update(STANDINS)
        else:
            sys.modules[self.source.module] = self.module
        return self.module.__dict__


STANDINS = {}  # stand-in classes for objects of which only the used attributes are known


def keeps_state(module):
    """Whether a call may leave traces in the module that the next call would see."""
    plain = (int, float, str, bytes, bool, type(None), tuple, frozenset, types.ModuleType, re.Pattern)
    for name, value in list(module.__dict__.items()):
        if name.startswith("__") or isinstance(value, plain):
            continue
        owner = getattr(value, "__module__", None)
        if isinstance(value, types.FunctionType):
            if owner == module.__name__:
                defaults = list(value.__defaults__ or ()) + list((value.__kwdefaults__ or {}).values())
                if any(not isinstance(d, plain) for d in defaults) or value.__closure__:
                    return True
                if sets_globals(value.__code__):
                    return True
        elif isinstance(value, type):
            if owner == module.__name__:
                for inner in vars(value).values():
                    if isinstance(inner, (list, dict, set, bytearray)):
                        return True
        elif callable(value) and owner != module.__name__ and not hasattr(value, "__wrapped__"):
            continue
        elif type(value).__module__ in ("typing", "__future__"):
            continue
        else:
            return True
    return False


def sets_globals(code):
    import dis

    for op in dis.get_instructions(code):
        if op.opname in ("STORE_GLOBAL", "DELETE_GLOBAL"):
            return True
    return any(sets_globals(c) for c in code.co_consts if isinstance(c, types.CodeType))


# ---------------------------------------------------------------- what a call does


def number(value):
    """A number as `==` and `approx` see it: 2 and 2.0 and True are the same."""
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            return repr(value)
        if value == int(value) and abs(value) < 1e15:
            return str(int(value))
        return format(value, ".7g")
    return str(int(value))


class Describer:
    """Text of a value that is equal exactly when the assertions we write cannot tell them apart."""

    def __init__(self, names):
        self.names = names  # id -> variable that holds the object
        self.size = 0
        self.open = set()

    def of(self, value, depth=0):
        text = self.build(value, depth)
        self.size += len(text) if depth else 0
        if self.size > 20 * TEXT_LIMIT or depth > 40:
            raise TooBig
        return text

    def build(self, value, depth):
        kind = type(value)
        if kind in (int, float):
            return number(value)
        if kind is bool:
            return repr(value) if depth == 0 else number(value)
        if value is None or kind in (str, bytes, complex):
            return repr(value)
        if id(value) in self.names and not isinstance(value, (list, dict, set, bytearray)):
            return "@" + self.names[id(value)]
        if id(value) in self.open:
            return "<cycle>"
        self.open.add(id(value))
        try:
            return self.compound(value, kind, depth + 1)
        finally:
            self.open.discard(id(value))

    def compound(self, value, kind, depth):
        of = self.of
        name = kind.__name__
        if kind in (list, tuple) or name == "deque":
            return name + "(" + ",".join([of(item, depth) for item in value]) + ")"
        if isinstance(value, (set, frozenset)):
            return "set(" + ",".join(sorted([of(item, depth) for item in value])) + ")"
        if isinstance(value, dict):
            items = [of(k, depth) + ":" + of(v, depth) for k, v in value.items()]
            return "dict(" + ",".join(sorted(items)) + ")"
        if isinstance(value, tuple):
            return name + "(" + ",".join([of(item, depth) for item in value]) + ")"
        if isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType, types.MethodType)):
            return "<" + getattr(value, "__qualname__", name) + ">"
        if isinstance(value, (bytearray, range, memoryview)):
            return name + repr(bytes(value) if kind is memoryview else value)
        fields = fields_of(value)
        if fields is not None:
            return name + "{" + ",".join([k + "=" + of(v, depth) for k, v in fields]) + "}"
        shown = repr(value)
        return name + ("" if " at 0x" in shown else shown)


def fields_of(value):
    """Public fields of an object of a Python class, by name; None for objects of C types."""
    import enum

    if isinstance(value, enum.Enum):
        return [("name", value.name)]
    if isinstance(value, BaseException):
        return [("args", value.args)]
    fields = dict(getattr(value, "__dict__", None) or {})
    for kind in type(value).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for slot in [slots] if isinstance(slots, str) else slots:
            if hasattr(value, slot):
                fields[slot] = getattr(value, slot)
    if not fields and type(value).__module__ in sys.stdlib_module_names_:
        return None
    if not hasattr(value, "__dict__") and not fields:
        return None
    return sorted((k, v) for k, v in fields.items() if not k.startswith("_"))


sys.stdlib_module_names_ = frozenset(getattr(sys, "stdlib_module_names", ()) or ("builtins",))


class Iterated(list):
    """What an iterator gave, with the exception that ended it or a mark that it went on."""

    ended = ""


def settle(value):
    """Takes what an iterator gives, as the test will."""
    if not isinstance(value, types.GeneratorType) and not (
        hasattr(type(value), "__next__") and hasattr(type(value), "__iter__")
    ):
        return value
    got = Iterated()
    for item in value:
        if len(got) == ITEM_LIMIT:
            got.ended = "more"
            break
        got.append(item)
    return got


class Case:
    """Setup statements, then calls whose results count."""

    def __init__(self, data):
        self.id = data["id"]
        self.setup = compile(data["setup"], "<case>", "exec") if data["setup"] else None
        self.calls = [(name, compile(text, "<case>", "eval")) for name, text in data["calls"]]
        self.watch = data["watch"]
        self.receiver = data["receiver"]  # the variable whose methods are called, if any
        self.changed = None  # variables whose state counts
        self.begun = {}  # fields of the receiver as its constructor leaves them
        self.fields = None  # fields of the receiver that its methods change

    def perform(self, space):
        """Runs the case: results by call (the last may be an exception), and its variables."""
        held = {}
        if self.setup is not None:
            exec(self.setup, space, held)
        before = None
        if self.changed is None:
            before = {name: describe(held[name], held, name) for name in self.watch}
        results = []
        for name, code in self.calls:
            self.iterates = False
            try:
                value = eval(code, space, held)
                self.iterates = True
                value = settle(value)
            except (Exception, SystemExit) as error:
                results.append(error)
                break
            results.append(value)
            if name:
                held[name] = value
                self.begun = described_fields(value) if before is not None else {}
        if before is not None:
            self.changed = [n for n in self.watch if describe(held[n], held, n) != before[n]]
            self.notice_fields(results, held)
        return results, held


    def notice_fields(self, results, held):
        """The state of the receiver counts: what methods changed, or all if none was called."""
        if self.receiver not in held:
            return
        self.changed.append(self.receiver)
        after = described_fields(held[self.receiver])
        alone = len(self.calls) == 1
        self.fields = {k for k, v in after.items() if alone or self.begun.get(k) != v}


def described_fields(value):
    return {k: Describer({}).of(v, 1) for k, v in fields_of(value) or []}


def names_in(held):
    plain = (int, float, str, bytes, bool, type(None))
    return {id(v): k for k, v in reversed(list(held.items())) if not isinstance(v, plain)}


def describe(value, held, name=None):
    names = names_in(held)
    if name is not None:
        names.pop(id(value), None)
    return Describer(names).of(value)


def explicit(error, source):
    """Whether the module itself raises this, in its own words."""
    trace = error.__traceback__
    last = None
    while trace is not None:
        last = trace
        trace = trace.tb_next
    return (
        last is not None
        and last.tb_frame.f_code.co_filename == source.path
        and last.tb_lineno in source.raises
    )


def outcome(case, results, held, printed, source):
    names = names_in(held)
    parts = []
    for result in results:
        if isinstance(result, (Exception, SystemExit)) and result is results[-1]:
            words = "|" + str(result) if explicit(result, source) else ""
            parts.append("raise " + type(result).__name__ + words)
        elif isinstance(result, Iterated):
            parts.append("iter" + result.ended + Describer(names).of(list(result)))
        else:
            parts.append(Describer(names).of(result))
    for name in case.changed:
        if name == case.receiver:
            fields = described_fields(held[name]) if name in held else {}
            parts.append(str(sorted((k, fields.get(k)) for k in case.fields)))
        else:
            parts.append(describe(held[name], held, name))
    if printed:
        parts.append("printed " + printed)
    return "\n".join(parts)


def attempt(case, world, stateful, steps, seconds, tracer=None):
    """Runs one case on one version; returns (kind, description, results, held, printed)."""
    global steps_left, armed, reached
    out = Printed()
    keep = sys.stdout
    reached = None
    random.seed(7)
    steps_left = steps
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, WAIT_LIMIT)
    results, held, kind, key = [], {}, "ok", ""
    try:
        space = world.enter(stateful)
        sys.stdout = out
        armed = True
        if tracer:
            sys.settrace(tracer)
        results, held = case.perform(space)
        sys.settrace(None)
        key = outcome(case, results, held, out.text(), world.source)
    except OutOfSteps:
        kind = "slow"
    except Refused:
        kind = "outside"
    except TooBig:
        kind = "big"
    except RecursionError:
        kind = "deep"
    except MemoryError:
        kind = "slow"
    except BaseException as error:  # a broken setup, or an object that cannot be described
        kind = "broken"
        key = type(error).__name__ + ": " + str(error)
    finally:
        sys.settrace(None)
        armed = False
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.stdout = keep
    if results and isinstance(results[-1], (RecursionError, MemoryError)):
        kind = "deep"
    if reached:
        kind = "outside"
    if threading.active_count() > 1:
        kind, reached = "outside", "threads"
    return kind, key, results, held, out.text()


def tracing(path, arcs):
    """A trace function that collects line-to-line arcs of the module."""

    def enter(frame, event, arg):
        if frame.f_code.co_filename != path:
            return None
        previous = -frame.f_code.co_firstlineno

        def step(frame, event, arg):
            nonlocal previous
            if event == "line":
                line = frame.f_lineno
                if line != previous:
                    arcs.add((previous, line))
                    previous = line
            elif event == "return":
                arcs.add((previous, -frame.f_code.co_firstlineno))
            return step

        return step

    return enter


# ---------------------------------------------------------------- the server


class Server:
    def __init__(self, reply):
        self.reply = reply
        self.source = None
        self.original = None
        self.mutants = {}
        self.stateful = False
        self.note = mmap.mmap(-1, 16)  # [case index, mutant id + 1, beats], written by the fork
        self.fork = None  # (process, pipe for orders, pipe of answers)
        self.served = 0  # orders that the fork has been given
        self.stalled = False  # whether it was given up because it made no progress

    def load(self, request):
        root, folder = request["root"], os.path.dirname(request["path"])
        for place in (folder, root):
            if place not in sys.path:
                sys.path.insert(0, place)
        try:
            self.source = Source(request["path"], request["module"], request["source"])
        except (SyntaxError, ValueError, RecursionError) as error:
            return {"error": "syntax", "detail": str(error)}
        global steps_left, armed
        self.original = World(self.source, self.source.pieces)
        out, keep = Printed(), sys.stdout
        steps_left = 1_000_000
        signal.setitimer(signal.ITIMER_REAL, request["import_seconds"])
        try:
            sys.stdout = out
            self.original.enter(False)
        except OutOfSteps:
            return {"error": "import_hangs", "detail": "it loops or prints without end"}
        except SystemExit as error:
            return {"error": "import_exits", "detail": "it calls exit(%r)" % (error.code,)}
        except BaseException as error:
            return {"error": "import_fails", "detail": type(error).__name__ + ": " + str(error)}
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            sys.stdout = keep
        self.stateful = keeps_state(self.original.module)
        if request["standins"]:
            exec(request["standins"], STANDINS)
            for name in [n for n in STANDINS if n.startswith("__")]:
                del STANDINS[name]
        self.original.module.__dict__.update(STANDINS)
        self.build(request["mutants"])
        return {"loaded": sorted(self.mutants), "stateful": self.stateful}

    def build(self, mutants):
        global steps_left
        sys.stdout, keep = Printed(), sys.stdout
        for data in mutants:
            try:
                pieces = self.source.mutate(data["start"], data["end"], data["text"])
                if pieces is None:
                    continue
                world = World(self.source, pieces)
                steps_left = 100_000
                signal.setitimer(signal.ITIMER_PROF, TIME_LIMIT)
                world.enter(False)
            except BaseException:  # does not compile or import: nothing to find out
                continue
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)
            self.mutants[data["id"]] = (world, data["first"], data["last"])
        sys.stdout = keep

    def guarded(self, request):
        """Serves the cases in a fork; one that dies or stalls is replaced and its work goes on."""
        cases, lost, at, stalls = request["cases"], set(), 0, 0
        while at < len(cases):
            self.note[:12] = bytes(12)
            order = dict(request, cases=cases[at:], dead=sorted(lost))
            done = self.forward(json.dumps(order).encode() + b"\n")
            at += done
            if at < len(cases):
                case, mutant = self.noted(0), self.noted(4) - 1
                if case >= done and mutant >= 0 and mutant not in lost:
                    # This mutant takes the process down: this case kills it, and no other tries.
                    lost.add(mutant)
                    self.reply({"id": cases[at]["id"], "fatal": mutant})
                else:
                    self.reply({"id": cases[at]["id"], "kind": "fatal"})
                    at += 1
                stalls += self.stalled
                if stalls >= STALLS_MAX:
                    break
        self.reply({"done": True})

    def noted(self, at):
        return int.from_bytes(self.note[at : at + 4], "little")

    def begin(self):
        """Forks a process that serves orders until it is told to end, or dies."""
        order_reader, order_writer = os.pipe()
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            code = 70
            try:
                os.close(order_writer)
                os.close(reader)
                self.serve(os.fdopen(order_reader, "r"), os.fdopen(writer, "w", buffering=1))
                code = 0
            except BaseException as error:
                print("runner: %s: %s" % (type(error).__name__, error), file=sys.stderr)
            finally:
                os._exit(code)
        os.close(order_reader)
        os.close(writer)
        self.fork = (pid, order_writer, reader)
        self.served = 0

    def serve(self, orders, out):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
        beat = 0
        for line in orders:
            order = json.loads(line)
            work = self.run_case if order["op"] == "run" else self.show_case
            state = {"dead": set(order["dead"]), "endless": set(order.get("endless", ()))}
            for index, case in enumerate(order["cases"]):
                self.note[0:4] = index.to_bytes(4, "little")
                self.note[4:8] = bytes(4)
                beat += 1
                self.note[8:12] = beat.to_bytes(4, "little")
                out.write(json.dumps(work(case, order, state)) + "\n")

    def forward(self, order):
        """Sends an order and passes the answers on; returns how many came."""
        if self.fork is None or self.served >= 200:
            self.end()
            self.begin()
        self.served += 1
        pid, orders, reader = self.fork
        wanted = len(json.loads(order)["cases"])
        lines, pending, beat = 0, b"", None
        self.stalled = False
        deadline = time.monotonic() + STALL_LIMIT
        try:
            while order:
                order = order[os.write(orders, order) :]
        except BrokenPipeError:
            pass
        while lines < wanted:
            ready, _, _ = select.select([reader], [], [], 0.25)
            if ready:
                chunk = os.read(reader, 65536)
                if not chunk:
                    self.end()
                    break
                pending += chunk
                *whole, pending = pending.split(b"\n")
                for line in whole:
                    lines += 1
                    self.reply.raw(line)
            now = self.note[:12]
            if now != beat:
                beat, deadline = now, time.monotonic() + STALL_LIMIT
            elif time.monotonic() > deadline:
                self.stalled = True
                self.end()
                break
        return lines

    def end(self):
        if self.fork is not None:
            pid, orders, reader = self.fork
            os.close(orders)
            os.close(reader)
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            os.waitpid(pid, 0)
            self.fork = None

    def run_case(self, data, request, state):
        try:
            case = Case(data)
        except SyntaxError:
            return {"id": data["id"], "kind": "broken"}
        arcs = set()
        began = time.process_time()
        kind, key, results, _, _ = attempt(
            case, self.original, self.stateful, STEP_LIMIT, TIME_LIMIT, tracing(self.source.path, arcs)
        )
        used = STEP_LIMIT - steps_left
        reply = {"id": case.id, "kind": kind, "arcs": sorted(arcs), "steps": used}
        if kind != "ok":
            reply["detail"] = reached or key
            return reply
        if results and isinstance(results[-1], (Exception, SystemExit)):
            error = results[-1]
            reply["raised"] = type(error).__name__
            reply["meant"] = explicit(error, self.source)
            reply["words"] = str(error)[:200]
        reply["key"] = format(hash_text(key), "016x")
        reply["size"] = len(key)
        lines = {line for arc in arcs for line in arc}
        seconds = min(TIME_LIMIT, 0.1 + 20 * (time.process_time() - began))
        killed, slow = [], []
        endless = state["endless"]
        for id in request["mutants"]:
            world, first, last = self.mutants[id]
            if id in state["dead"] or not (first == 0 or any(l in lines for l in range(first, last + 1))):
                continue
            self.note[4:8] = (id + 1).to_bytes(4, "little")
            self.note[8:12] = (self.noted(8) + 1 & 0xFFFFFFFF).to_bytes(4, "little")
            steps = 2 * used + 50 if id in endless else 10 * used + 500
            got, other, *_ = attempt(case, world, self.stateful, steps, seconds)
            if got != "ok" or other != key:
                killed.append(id)
            if got == "slow":
                slow.append(id)
                if steps_left >= 0:
                    state["dead"].add(id)  # it hangs where no step is counted; once is enough
        self.note[4:8] = bytes(4)
        if killed:
            again = attempt(case, self.original, True, STEP_LIMIT, TIME_LIMIT)
            if again[0] != "ok" or again[1] != key:
                reply["kind"] = "flaky"
                return reply
        reply["killed"] = killed
        reply["slow"] = slow
        return reply

    def show_case(self, data, request, state):
        case = Case(data)
        kind, key, results, held, printed = attempt(case, self.original, True, STEP_LIMIT, TIME_LIMIT)
        reply = {"id": case.id, "kind": kind, "key": format(hash_text(key), "016x")}
        if kind == "ok":
            shower = Shower(self.source, self.original.module, held)
            shown = []
            for result in results:
                shown.append(shower.result(result))
                if shown[-1]["kind"] == "raise" and case.iterates:
                    shown[-1]["iterator"] = True
            reply["results"] = shown
            reply["changed"] = [shower.variable(name) for name in case.changed]
            for variable in reply["changed"]:
                if variable["name"] == case.receiver:
                    all_fields = shower.fields(held[case.receiver])
                    variable.update(all_fields)
                    variable["fields"] = [f for f in all_fields["fields"] if f["name"] in case.fields]
            reply["printed"] = printed
            reply["imports"] = sorted(shower.imports)
        return reply


def hash_text(text):
    """FNV-1a, the same in every process."""
    value = 0xCBF29CE484222325
    for byte in text.encode("utf-8", "surrogatepass"):
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value


# ---------------------------------------------------------------- values as source text


class Opaque(Exception):
    """No expression makes an equal value."""


class Shower:
    """Writes values as expressions that a test can compare with."""

    def __init__(self, source, module, held):
        self.source = source
        self.module = module
        self.held = held
        self.imports = set()

    def result(self, value):
        if isinstance(value, (Exception, SystemExit)):
            return self.error(value)
        if isinstance(value, Iterated):
            return dict(self.value(list(value)), iterator=True, more=value.ended == "more")
        return self.value(value)

    def value(self, value, name=None):
        try:
            text = self.expression(value, name)
        except Opaque:
            return self.fields(value)
        if len(text) > TEXT_LIMIT:
            return {"kind": "big"}
        return {
            "kind": "value",
            "text": text,
            "type": type(value).__name__,
            "approx": approximate(value),
            "named": text in self.held,
            "items": len(value) if hasattr(value, "__len__") else None,
        }

    def variable(self, name):
        return dict(self.value(self.held[name], name), name=name)

    def fields(self, value):
        """An object without a comparable form: its class, and the public fields that have one."""
        fields = []
        for key, field in fields_of(value) or []:
            try:
                text = self.expression(field, None)
            except Opaque:
                continue
            if len(text) <= TEXT_LIMIT:
                fields.append({"name": key, "text": text, "approx": approximate(field),
                               "named": text in self.held, "type": type(field).__name__})
        return {"kind": "object", "type": type(value).__name__, "fields": fields}

    def error(self, error):
        kind = type(error)
        reply = {"kind": "raise", "type": kind.__qualname__}
        if kind.__module__ not in ("builtins", self.source.module):
            self.imports.add((kind.__module__, kind.__qualname__.split(".")[0]))
        elif kind.__module__ == self.source.module:
            self.imports.add((self.source.module, kind.__qualname__.split(".")[0]))
        words = str(error)
        if explicit(error, self.source) and words and " at 0x" not in words and len(words) < 200:
            reply["match"] = words
        if isinstance(error, SystemExit):
            reply["code"] = repr(error.code)
        return reply

    def expression(self, value, own, depth=0):
        if depth > 12:
            raise Opaque
        kind = type(value)
        if value is None or kind in (bool, int, str, bytes):
            return repr(value)
        if kind is float:
            return repr(value) if value - value == 0 else "float(%r)" % repr(value)
        for name, held in self.held.items():
            if held is value and name != own and (depth or not isinstance(value, (list, dict, set))):
                return name
        inner = [item for item in self.parts(value, own, depth + 1)]
        if kind is list:
            return "[" + ", ".join(inner) + "]"
        if kind is tuple:
            return "(" + ", ".join(inner) + (",)" if len(inner) == 1 else ")")
        if isinstance(value, set):
            return "{" + ", ".join(sorted(inner)) + "}" if inner else "set()"
        if isinstance(value, frozenset):
            return "frozenset({" + ", ".join(sorted(inner)) + "})" if inner else "frozenset()"
        if isinstance(value, dict):
            return "{" + ", ".join(inner) + "}"
        return self.special(value, kind, inner, own, depth)

    def parts(self, value, own, depth):
        if isinstance(value, dict):
            for key, item in value.items():
                yield self.expression(key, own, depth) + ": " + self.expression(item, own, depth)
        elif isinstance(value, (list, tuple, set, frozenset)) or type(value).__name__ == "deque":
            for item in value:
                yield self.expression(item, own, depth)

    def special(self, value, kind, inner, own, depth):
        """Enums, named tuples, dataclasses, and library values whose `repr` rebuilds them."""
        import dataclasses
        import enum

        name = kind.__qualname__
        if name.isidentifier() and getattr(sys.modules.get(kind.__module__), name, None) is kind:
            if isinstance(value, enum.Enum):
                self.imports.add((kind.__module__, name))
                return name + "." + value.name
            if isinstance(value, tuple) and hasattr(kind, "_fields"):
                self.imports.add((kind.__module__, name))
                pairs = zip(kind._fields, inner)
                return name + "(" + ", ".join(k + "=" + v for k, v in pairs) + ")"
            if dataclasses.is_dataclass(value) and kind.__dataclass_params__.eq:
                fields = [f for f in dataclasses.fields(value) if f.init]
                texts = [f.name + "=" + self.expression(getattr(value, f.name), own, depth + 1) for f in fields]
                self.imports.add((kind.__module__, name))
                return name + "(" + ", ".join(texts) + ")"
            text = "deque([" + ", ".join(inner) + "])" if name == "deque" else repr(value)
            if text.startswith(name + "(") or text.startswith("datetime."):
                return self.rebuilt(value, kind, name, text)
        if kind is range or kind is complex or kind is bytearray:
            return repr(value)
        raise Opaque

    def rebuilt(self, value, kind, name, text):
        space = {name: kind, "datetime": sys.modules.get("datetime")}
        space.update(self.held)
        try:
            if eval(text, space) != value:
                raise Opaque
        except Exception:
            raise Opaque from None
        if text.startswith("datetime."):
            self.imports.add(("datetime", ""))
        else:
            self.imports.add((kind.__module__.lstrip("_"), name))
        return text


def approximate(value):
    """Whether `pytest.approx` is what to compare with: floats, and flat containers of them."""
    items = [value]
    if type(value) in (list, tuple):
        items = value
    elif isinstance(value, dict):
        items = value.values()
    plain = all(type(item) in (int, float) for item in items)
    return plain and any(type(i) is float and i - i == 0 and i != int(i) for i in items)


# ---------------------------------------------------------------- the finished file, once more


def verify(path, root, seed):
    """Runs the tests of a finished file in shuffled order; prints which fail, as JSON."""
    for place in (os.path.dirname(path), root):
        sys.path.insert(0, place)
    try:
        import pytest
    except ImportError:
        sys.modules["pytest"] = pytest = small_pytest()
    if seed:
        shift_clock()
    random.seed(seed)
    text = sys.stdin.buffer.read().decode()
    out = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.stdout = Printed()
    space = {"__name__": "tests", "__file__": path}
    failed, ran = {}, []
    signal.signal(signal.SIGPROF, on_alarm)
    try:
        exec(compile(text, path, "exec"), space)
        tests = [(k, v) for k, v in space.items() if k.startswith("test_")]
        random.Random(seed).shuffle(tests)
        for name, test in tests:
            ran.append(name)
            signal.setitimer(signal.ITIMER_PROF, 10 * TIME_LIMIT)
            try:
                run_test(test)
            except BaseException as error:
                failed[name] = type(error).__name__ + ": " + str(error)[:300]
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)
    except BaseException as error:
        failed[""] = type(error).__name__ + ": " + str(error)[:300]
    out.write(json.dumps({"ran": ran, "failed": failed}) + "\n")
    out.flush()


def run_test(test):
    sys.stdout = Printed()
    wanted = test.__code__.co_varnames[: test.__code__.co_argcount]
    capsys = types.SimpleNamespace()
    capsys.readouterr = lambda: types.SimpleNamespace(out=sys.stdout.text(), err="")
    test(*[{"capsys": capsys}[name] for name in wanted])


def small_pytest():
    """The two words of pytest that our files use, for machines that have no pytest."""
    import math

    class Raises:
        def __init__(self, kind, match=None):
            self.kind, self.match, self.value = kind, match, None

        def __enter__(self):
            return self

        def __exit__(self, kind, error, trace):
            assert kind is not None, "did not raise " + self.kind.__name__
            self.value = error
            if not issubclass(kind, self.kind):
                return False
            assert self.match is None or re.search(self.match, str(error)), str(error)
            return True

    class approx:
        def __init__(self, value):
            self.value = value

        def __eq__(self, other):
            return near(other, self.value)

    def near(a, b):
        if isinstance(b, dict):
            return a.keys() == b.keys() and all(near(a[k], b[k]) for k in b)
        if isinstance(b, (list, tuple)):
            return len(a) == len(b) and all(map(near, a, b))
        return a == b or math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-12)

    module = types.ModuleType("pytest")
    module.raises, module.approx = Raises, approx
    return module


def shift_clock():
    """Moves every clock that Python code reads, so that what depends on it shows."""
    import datetime

    shift = 401 * 86_400 + 12_345
    for name in ("time", "monotonic", "perf_counter"):
        setattr(time, name, (lambda read: lambda: read() + shift)(getattr(time, name)))
    delta = datetime.timedelta(seconds=shift)

    class Shifted(type):
        def __instancecheck__(cls, value):
            return isinstance(value, cls.__mro__[1])

    class date(datetime.date, metaclass=Shifted):
        @classmethod
        def today(cls):
            return cls.__mro__[1].today() + delta

    class later(datetime.datetime, metaclass=Shifted):
        @classmethod
        def now(cls, tz=None):
            return cls.__mro__[1].now(tz) + delta

        @classmethod
        def utcnow(cls):
            return cls.__mro__[1].now(datetime.timezone.utc).replace(tzinfo=None) + delta

        @classmethod
        def today(cls):
            return cls.__mro__[1].now() + delta

    date.__name__, later.__name__ = "date", "datetime"
    datetime.date, datetime.datetime = date, later


# ---------------------------------------------------------------- main


class Reply:
    def __init__(self, fd):
        self.fd = fd

    def __call__(self, value):
        self.raw(json.dumps(value).encode())

    def raw(self, line):
        line += b"\n"
        while line:
            line = line[os.write(self.fd, line) :]


def main():
    if len(sys.argv) > 1 and sys.argv[1] == "verify":
        verify(sys.argv[2], sys.argv[3], int(sys.argv[4]))
        return
    requests = os.fdopen(os.dup(0), "r", encoding="utf-8")
    reply = Reply(os.dup(1))
    quiet = os.open(os.devnull, os.O_RDWR)
    os.dup2(quiet, 0)
    os.dup2(quiet, 1)
    sys.dont_write_bytecode = True
    sys.setrecursionlimit(400)
    signal.signal(signal.SIGPROF, on_alarm)
    signal.signal(signal.SIGALRM, on_alarm)
    sys.addaudithook(on_audit)
    time.sleep = no_sleep
    server = Server(reply)
    for line in requests:
        request = json.loads(line)
        if request["op"] == "load":
            reply(server.load(request))
        else:
            server.guarded(request)


if __name__ == "__main__":
    main()

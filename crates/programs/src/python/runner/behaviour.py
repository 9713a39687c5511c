"""What a program does on inputs like those of its tests: to compare candidates with each other."""

import copy
import itertools
import json
import pickle
import random
import sys
import types
import zlib

from .child import TimeUp, Timer

CALLS_MAX = 120
CALL_BYTES_MAX = 1 << 16
ITEMS_MAX = 1000


def record(suite, sources, message, out):
    """Writes the pickled calls that tests make into the program, outermost calls only."""
    recorder = _Recorder(set(sources))
    timer = Timer()
    for index in message["tests"]:
        recorder.is_failing = index in message["failing"]
        sys.setprofile(recorder.on_event)
        try:
            suite.run(index, timer, message["limit"])
        except TimeUp:
            pass
        finally:
            sys.setprofile(None)
    out.write_bytes(pickle.dumps(recorder.calls, protocol=4))


class _Recorder:
    def __init__(self, sources):
        self.sources = sources
        self.calls = []
        self.seen = set()
        self.is_failing = False

    def on_event(self, frame, event, _argument):
        if event != "call" or len(self.calls) >= CALLS_MAX:
            return
        code = frame.f_code
        if code.co_filename not in self.sources or code.co_name.startswith("<"):
            return
        caller = frame.f_back
        if caller is not None and caller.f_code.co_filename in self.sources:
            return
        name = _qualified_name(frame)
        if name is None:
            return
        sys.setprofile(None)
        try:
            data = pickle.dumps(_arguments(frame), protocol=4)
        except Exception:
            data = None
        finally:
            sys.setprofile(self.on_event)
        key = (name, data)
        if data is not None and len(data) <= CALL_BYTES_MAX and key not in self.seen:
            self.seen.add(key)
            self.calls.append((frame.f_globals["__name__"], name, data, self.is_failing))


def _qualified_name(frame):
    code = frame.f_code
    name = getattr(code, "co_qualname", None)
    if name is None:
        name = code.co_name
        if code.co_varnames[:1] == ("self",) and "self" in frame.f_locals:
            name = type(frame.f_locals["self"]).__name__ + "." + name
    if "<locals>" in name or code.co_name == "__init__":
        return None
    return name


def _arguments(frame):
    code, values = frame.f_code, frame.f_locals
    count = code.co_argcount
    positional = [values[name] for name in code.co_varnames[:count]]
    keywords = {name: values[name] for name in code.co_varnames[count:count + code.co_kwonlyargcount]}
    rest = count + code.co_kwonlyargcount
    if code.co_flags & 0x04:
        positional += list(values[code.co_varnames[rest]])
        rest += 1
    if code.co_flags & 0x08:
        keywords.update(values[code.co_varnames[rest]])
    return positional, keywords


def derive(frame, seed, count):
    """The recorded calls and up to `count` variations of them.

    Each is (module, name, pickle, whether it comes from a failing test).
    """
    try:
        calls = pickle.loads(frame)
    except Exception:
        return []
    if not isinstance(calls, list):
        return []
    inputs, seen = list(calls), set(calls)
    chooser = random.Random(seed)
    shapes = _Shapes(calls)
    for attempt in range(count * 4):
        if not calls or len(inputs) >= len(calls) + count:
            break
        module, name, data, is_failing = calls[attempt % len(calls)]
        try:
            changed = pickle.dumps(shapes.vary(name, pickle.loads(data), chooser), protocol=4)
            varied = (module, name, changed, is_failing)
        except Exception:
            continue
        if varied not in seen:
            seen.add(varied)
            inputs.append(varied)
    return inputs


class _Shapes:
    """What all recorded calls of a function have in common, so that variations keep to it."""

    def __init__(self, calls):
        self.facts = {}
        self.strings = set()
        for _, name, data, _ in calls:
            try:
                positional, _ = pickle.loads(data)
            except Exception:
                continue
            for place, value in enumerate(positional):
                self._learn((name, place), value)

    def _learn(self, place, value):
        facts = self.facts.setdefault(place, {"sorted": True, "natural": True, "positive": True, "distinct": True,
                                              "filled": True, "largest": 0, "long": False})
        if isinstance(value, str):
            self.strings.update(value[:200])
        numbers = [value] if _is_number(value) else []
        if isinstance(value, (list, tuple)):
            numbers = [item for item in value if _is_number(item)]
            facts["filled"] &= bool(value)
            facts["long"] |= len(value) > 1
            try:
                facts["sorted"] &= list(value) == sorted(value)
                facts["distinct"] &= len(set(value)) == len(value)
            except TypeError:
                facts["sorted"] = facts["distinct"] = False
        if isinstance(value, (str, dict, set)):
            facts["filled"] &= bool(value)
        for number in numbers:
            facts["natural"] &= number >= 0
            facts["positive"] &= number > 0
            facts["largest"] = max(facts["largest"], abs(number))

    def vary(self, name, arguments, chooser):
        positional, keywords = arguments
        if positional:
            start = 1 if "." in name and len(positional) > 1 else 0
            places = range(start, len(positional))
            for place in chooser.sample(list(places), chooser.randint(1, min(2, len(places)))):
                facts = self.facts.get((name, place), {})
                positional[place] = self._keep(facts, self._change(positional[place], facts, chooser, 0), chooser)
        return positional, keywords

    def _keep(self, facts, value, chooser):
        if isinstance(value, list):
            if facts.get("distinct") and facts.get("long"):
                value = [item for place, item in enumerate(value) if item not in value[:place]]
            if facts.get("sorted") and facts.get("long"):
                try:
                    value = sorted(value)
                except TypeError:
                    pass
        return value

    def _change(self, value, facts, chooser, depth):
        if value is None or isinstance(value, types.FunctionType) or depth > 4:
            return value
        if isinstance(value, bool):
            return not value
        if isinstance(value, int):
            return self._change_int(value, facts, chooser)
        if isinstance(value, float):
            return chooser.choice([value / 2, value * 2, value + 1, float(int(value)), 0.5 * value + 0.25])
        if isinstance(value, str):
            return self._change_text(value, facts, chooser)
        if isinstance(value, (list, tuple)):
            return type(value)(self._change_items(list(value), facts, chooser, depth)) \
                if type(value) in (list, tuple) else value
        if isinstance(value, (set, frozenset)):
            return type(value)(self._change_items(sorted(value, key=repr), facts, chooser, depth))
        if isinstance(value, dict):
            return self._change_dict(value, facts, chooser, depth)
        if hasattr(value, "__dict__") and vars(value):
            name = chooser.choice(sorted(vars(value)))
            setattr(value, name, self._change(getattr(value, name), {}, chooser, depth + 1))
        return value

    def _change_int(self, value, facts, chooser):
        span = max(4, facts.get("largest", abs(value)))
        changed = chooser.choice([value + 1, value - 1, chooser.randint(0, span), chooser.randint(0, span), value * 2,
                                  chooser.randint(-span, span)])
        if facts.get("positive", value > 0):
            return max(1, abs(changed))
        return abs(changed) if facts.get("natural", value >= 0) else changed

    def _change_text(self, value, facts, chooser):
        letters = sorted(self.strings) or list("ab ")
        place = chooser.randint(0, len(value))
        kind = chooser.randint(0, 4)
        if kind == 0 and value:
            changed = value[:place] + value[place + 1:]
        elif kind == 1:
            changed = value[:place] + chooser.choice(letters) + value[place:]
        elif kind == 2 and value:
            place = min(place, len(value) - 1)
            changed = value[:place] + chooser.choice(letters) + value[place + 1:]
        elif kind == 3:
            changed = value[place:] + value[:place]
        else:
            changed = value[:place]
        return changed or (value if facts.get("filled") else changed)

    def _change_items(self, items, facts, chooser, depth):
        kind = chooser.randint(0, 5)
        if kind == 0 and len(items) > (1 if facts.get("filled") else 0):
            del items[chooser.randrange(len(items))]
        elif kind == 1 and items:
            place = chooser.randrange(len(items))
            items.insert(chooser.randint(0, len(items)), copy.deepcopy(items[place]))
        elif kind == 2 and len(items) > 1:
            chooser.shuffle(items)
        elif kind == 3 and items:
            items = items[:max(1 if facts.get("filled") else 0, chooser.randint(0, len(items)))]
        elif items:
            for _ in range(chooser.randint(1, 3)):
                place = chooser.randrange(len(items))
                items[place] = self._change(items[place], {}, chooser, depth + 1)
        return items

    def _change_dict(self, value, facts, chooser, depth):
        if not value:
            return value
        key = chooser.choice(sorted(value, key=repr))
        if chooser.random() < 0.3 and len(value) > 1:
            del value[key]
        else:
            value[key] = self._change(value[key], {}, chooser, depth + 1)
        return value


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def observe(call, timer, limit):
    """[kind, digest] of what the loaded program does with one input."""
    module, name, data, _ = call
    try:
        target = sys.modules[module]
        for part in name.split("."):
            target = getattr(target, part) if part not in vars(target) else vars(target)[part]
        if isinstance(target, (staticmethod, classmethod)):
            target = target.__func__
        positional, keywords = pickle.loads(data)
    except Exception:
        return ["lost", 0]
    try:
        timer.arm(limit)
        try:
            result = target(*positional, **keywords)
            if isinstance(result, types.GeneratorType):
                result = list(itertools.islice(result, ITEMS_MAX))
        finally:
            timer.disarm()
    except TimeUp:
        return ["time", 0]
    except BaseException as error:  # noqa: B902 - any exception is a behaviour
        return ["error", zlib.crc32(type(error).__name__.encode())]
    try:
        text = json.dumps([_canonical(result, {}, 0), _canonical(positional, {}, 0)])
    except Exception:
        return ["lost", 0]
    return ["ok", zlib.crc32(text.encode())]


def _canonical(value, known, depth):
    """A form of `value` that is equal for equal values in different processes."""
    if value is None or isinstance(value, (bool, int, str)):
        return repr(value)
    if isinstance(value, float):
        return "%.9g" % value
    if id(value) in known:
        return "#%d" % known[id(value)]
    if depth > 12:
        return "..."
    known[id(value)] = len(known)
    if isinstance(value, dict):
        return ["dict"] + sorted([_canonical(k, known, depth + 1), _canonical(v, known, depth + 1)]
                                 for k, v in value.items())
    if isinstance(value, (set, frozenset)):
        return ["set"] + sorted(json.dumps(_canonical(item, known, depth + 1)) for item in value)
    if isinstance(value, (list, tuple)) or type(value).__name__ == "deque":
        return [type(value).__name__] + [_canonical(item, known, depth + 1) for item in list(value)[:ITEMS_MAX]]
    if hasattr(value, "__dict__"):
        return [type(value).__name__] + [[k, _canonical(v, known, depth + 1)] for k, v in sorted(vars(value).items())]
    return type(value).__name__

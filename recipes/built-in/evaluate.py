"""Measures a tool model: the hand-written requests, and the test parts of both corpora.

    python3 recipes/built-in/evaluate.py --binary target/release/freehold [--model PATH] [--shared ../shared] [--show 20]

Prints one line of JSON. What counts as right for the corpora is `mapping/`:

- intent: the first call is to a tool of the sentence's intent, or asks for what is missing for one;
- entities, where the tools cover the intent: an annotated entity is found when an argument at one of its paths holds it.
  Of an answer that asks for what the sentence does not say, nothing is counted.
  A text holds it when it contains its words; a day or time when it is what the words mean, or holds the same number or
  name where the tables cannot say. An argument at a path of the intent that no entity accounts for is too many;
- exact: all calls are the wanted ones, in their order, with the same arguments.
"""

import argparse
import json
import re
import subprocess
import tempfile
from pathlib import Path

from en import parse
from machine.corpora import normalised

HERE = Path(__file__).resolve().parent


def answers(options, conversations):
    """The calls of the last turn of each conversation; None where there are none."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        for turns in conversations:
            file.write(json.dumps({"turns": turns}) + "\n")
        file.flush()
        command = [options.binary, "ask", "--each", file.name]
        command += ["--model", options.model] if options.model else []
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


def is_right(tools, calls):
    if not calls:
        return False
    tool = calls[0]["tool"]
    return tool in tools or (tool == "chat.ask" and calls[0]["arguments"].get("for_tool") in tools)


def at(value, path):
    """What stands at a path; lists are searched."""
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def leaves(value):
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in leaves(inner)]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in leaves(inner)]
    return [value]


def bare(text):
    return re.sub(r"^(?:the|my|our|a|an|some|all|this|for|on|at) ", "", normalised(text))


def holds(value, words, path):
    """Whether an argument says what the words of the sentence say."""
    if value is None:
        return False
    if isinstance(value, str):
        if path in ("mode", "field"):
            return True
        inner, outer = bare(words), bare(value)
        return f" {inner} " in f" {outer} " or f" {outer} " in f" {inner} "
    if isinstance(value, list):
        return any(holds(inner, words, path) for inner in value)
    low = words.lower()
    if isinstance(value, (int, float)):
        return True
    meant = parse.when(low, parse.find(low)) or {}
    named = parse.period(low)
    wanted = [meant[kind] for kind in ("date", "time") if kind in meant] + ([named[0]] if named else [])
    flat = [value, *value.values()]
    if not wanted:
        # The tables do not know the words: a day or a time was understood, that is all that can be said.
        return bool(leaves(value))
    return any(weekless(one) == weekless(other) for one in wanted for other in flat)


def weekless(value):
    """Annotations hold "friday" where the sentence says "next friday": which week it is stands outside them."""
    return {"weekday": value["weekday"]} if isinstance(value, dict) and "weekday" in value else value


def asks_rightly(mapping, sentence, calls):
    """Whether the answer asks for what the sentence does not say: then there are no arguments to look at."""
    if not calls or calls[0]["tool"] != "chat.ask":
        return False
    missing = calls[0]["arguments"].get("missing", [])
    if calls[0]["arguments"].get("for_tool") not in mapping["tools"]:
        return False
    said = {path.split(".")[0] for entity in sentence["entities"] for path in mapping["entities"].get(entity["entity"]) or []}
    return not said.intersection(missing)


def entities(mapping, sentence, calls):
    """Entities that were found, that were missed, and arguments too many."""
    if asks_rightly(mapping, sentence, calls):
        return 0, 0, 0
    paths = mapping["entities"]
    arguments = [call["arguments"] for call in calls or [] if call["tool"] in mapping["tools"]]
    found, missed, used = 0, 0, set()
    for entity in sentence["entities"]:
        where = paths.get(entity["entity"])
        if not where:
            continue
        words = sentence["text"][entity["start"] : entity["end"]]
        hits = [(n, path) for n, call in enumerate(arguments) for path in where if holds(at(call, path), words, path)]
        used.update(hits)
        found, missed = (found + 1, missed) if hits else (found, missed + 1)
    known = {path for where in paths.values() if where for path in where}
    said = {(n, path) for n, call in enumerate(arguments) for path in known if at(call, path) not in (None, [], {})}
    # A text that stands in a title stands there rightly when any entity is in it.
    return found, missed, len(said - used)


def home(options, show):
    mapping = json.loads((HERE / "mapping/nlu-home.json").read_text())["intents"]
    path = Path(options.shared) / "data/nlu-home/test.jsonl"
    sentences = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    right, sums, covered = 0, [0, 0, 0], 0
    for sentence, calls in zip(sentences, answers(options, [[s["text"]] for s in sentences]), strict=True):
        wanted = mapping[sentence["intent"]]
        hit = is_right(wanted["tools"], calls)
        right += hit
        if not hit:
            show("nlu-home", sentence["text"], wanted["tools"], calls)
        if any(tool.startswith("chat.") for tool in wanted["tools"]):
            continue
        covered += 1
        counts = entities(wanted, located(sentence), calls)
        if any(counts[1:]):
            show("entities", sentence["text"], located(sentence)["entities"], calls)
        sums = [a + b for a, b in zip(sums, counts, strict=True)]
    found, missed, extra = sums
    return {
        "nlu_home_intent": right / len(sentences),
        "nlu_home_entity_f1": 2 * found / max(1, 2 * found + missed + extra),
        "nlu_home_entity_precision": found / max(1, found + extra),
        "nlu_home_entity_recall": found / max(1, found + missed),
        "nlu_home_sentences": len(sentences),
        "nlu_home_covered": covered,
    }


def located(sentence):
    """The test part writes entities into the sentence, `[date : this friday]`; the other part beside it."""
    if "entities" in sentence:
        return sentence
    text, found = "", []
    for piece in re.split(r"(\[[^\[\]]*?:[^\[\]]*\])", sentence["annotated"]):
        if piece.startswith("[") and ":" in piece:
            kind, words = (part.strip() for part in piece[1:-1].split(":", 1))
            found.append({"start": len(text), "end": len(text) + len(words), "entity": kind})
            text += words
        else:
            text += piece
    return {"text": text, "entities": found}


def clinc(options, show):
    mapping = json.loads((HERE / "mapping/clinc150.json").read_text())["intents"]
    parts = json.loads((Path(options.shared) / "data/clinc150/data_full.json").read_text())
    sentences = parts["test"] + parts["oos_test"]
    counts = {"tools": [0, 0], "declined": [0, 0], "oos": [0, 0]}
    for (text, intent), calls in zip(sentences, answers(options, [[s[0]] for s in sentences]), strict=True):
        wanted = mapping[intent]["tools"]
        kind = "oos" if intent == "oos" else "declined" if wanted == ["chat.decline"] else "tools"
        hit = is_right(wanted, calls)
        counts[kind][0] += hit
        counts[kind][1] += 1
        if not hit:
            show(f"clinc {kind}", text, wanted, calls)
    share = {kind: right / max(1, count) for kind, (right, count) in counts.items()}
    return {
        "clinc_in_scope": share["tools"],
        "clinc_other_intents_declined": share["declined"],
        "clinc_out_of_scope_recall": share["oos"],
        "clinc_sentences": len(sentences),
    }


def held_out(options, show):
    lines = [json.loads(line) for line in (HERE / "held-out.jsonl").read_text(encoding="utf-8").splitlines()]
    exact = tools = 0
    for line, calls in zip(lines, answers(options, [line["turns"] for line in lines]), strict=True):
        exact += calls == line["calls"]
        tools += [call["tool"] for call in calls or []] == [call["tool"] for call in line["calls"]]
        if calls != line["calls"]:
            show("held out", " / ".join(line["turns"]), line["calls"], calls)
    return {"held_out_exact": exact / len(lines), "held_out_tools": tools / len(lines), "held_out_requests": len(lines)}


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--binary", required=True)
    arguments.add_argument("--model")
    arguments.add_argument("--shared", default=HERE.parent.parent.parent / "shared")
    arguments.add_argument("--only", choices=["held-out", "nlu-home", "clinc150"])
    arguments.add_argument("--show", type=int, default=0, metavar="N", help="print N mistakes of each kind")
    options = arguments.parse_args()
    shown = {}

    def show(kind, text, wanted, calls):
        shown[kind] = shown.get(kind, 0) + 1
        if shown[kind] <= options.show:
            print(f"{kind}: {text}\n   wanted {json.dumps(wanted)}\n   got    {json.dumps(calls)}")

    parts = {"held-out": held_out, "nlu-home": home, "clinc150": clinc}
    result = {}
    for name, measure in parts.items():
        if options.only in (None, name):
            result |= measure(options, show)
    print(json.dumps({key: round(value, 4) if isinstance(value, float) else value for key, value in result.items()}))


main()

import tempfile
from pathlib import Path

from inifile import Settings, load, parse
from inifile.parser import ParseError, dump, strip_comment
from probing import check, rng

LINES = [
    "a = 1", "B=2", "c =", "= 3", "d = x = y", "[s]", "[ T ]", "[s] ; again", "", "   ", "; note", "# note", "  ; note",
    "e = 1;2", "f = 1 ;2", "g = #1", "h = a#b # c", "  more", "\tmore = yes", "[t]", "i = [x]", "A = again",
]  # fmt: skip
ODD = ["nonsense", "[open", "close]", "x"]


def parsed(text):
    try:
        return parse(text)
    except ParseError as error:
        return error.line, str(error)


for _ in range(80):
    lines = rng.choices(LINES, k=rng.randint(0, 9))
    if rng.random() < 0.2:
        lines.insert(rng.randint(0, len(lines)), rng.choice(ODD))
    text = "\n".join(lines)
    check(parsed, text)
    if not isinstance(parsed(text), tuple):
        check(dump, parse(text))
for line in LINES + [";", "a;b ;c", "x #y #z", "\t#", "a; b"]:
    check(strip_comment, line)

SECTIONS = {
    "": {"top": "TRUE", "n": "-3"},
    "a": {"n": "12", "yes": "Yes", "no": "OFF", "list": " x ,y,, z", "empty": "", "bad": "2"},
    "a.b": {"n": "7"},
}
ENVIRON = {"APP_A_N": "99", "APP_TOP": "0", "APP_LIST": "p,q", "APP_A_NEW": "1", "X_A_N": "5", "APP_A_EMPTY2": ""}
for key in ["top", "n", "list", "a.n", "a.yes", "a.no", "a.list", "a.empty", "a.empty2", "a.bad", "a.new", "a.b.n", "b.n", "a"]:
    for settings in [Settings(SECTIONS, {}), Settings(SECTIONS, ENVIRON), Settings(SECTIONS, ENVIRON, prefix="X")]:
        for method in [settings.get, settings.get_int, settings.get_bool, settings.get_list]:
            check(method, key)
            check(method, key, default=rng.choice([None, 0, [], True]))


def loaded(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            (Path(folder) / name).write_text(text)
        settings = load(Path(folder) / "main", {"APP_S_B": "env"})
        return settings.sections, settings.get("s.b", "none"), settings.get("s.a", "none")


check(loaded, {"main": "[s]\na=1\nb=2"})
check(loaded, {"main": "include = x\n[s]\na=1", "x": "[s]\na=2\nc=3\n[t]\nd=4"})
check(loaded, {"main": "include = x y\n[u]\na=1", "x": "[s]\na=2\nc=3", "y": "z = 1\n[s]\na=5"})
check(loaded, {"main": "include = y x", "x": "[s]\na=2\nc=3", "y": "[s]\na=5"})
check(loaded, {"main": "include = gone"})

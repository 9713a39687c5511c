"""Cases, and what becomes of them: one function a row of the API, run one after the other."""

import traceback
from contextlib import contextmanager
from pathlib import Path

CASES = {}


def case(name):
    """Makes a function a case; it fails by raising."""

    def add(function):
        assert name not in CASES, name
        CASES[name] = function
        return function

    return add


@contextmanager
def raises(kind, **fields):
    """Expects the SDK to raise exactly this class, with these fields."""
    try:
        yield
    except kind as error:
        assert type(error) is kind, f"{type(error).__name__} instead of {kind.__name__}"
        for name, wanted in fields.items():
            found = getattr(error, name)
            assert found == wanted, f"{name} is {found!r} instead of {wanted!r}: {error}"
        return
    raise AssertionError(f"no {kind.__name__}")


def run(client, at, wanted):
    """Runs the cases whose names begin with one of `wanted`; whether all went as expected."""
    missing = read_missing(client)
    unknown = missing.keys() - CASES.keys()
    assert not unknown, f"missing.txt names cases that do not exist: {sorted(unknown)}"
    counts = {"passed": 0, "failed": 0, "missing": 0}
    for name, function in CASES.items():
        if wanted and not name.startswith(tuple(wanted)):
            continue
        outcome = "passed"
        try:
            function(at)
        except Exception as error:  # noqa: BLE001 - whatever a case raises is its outcome
            said = words_of(error)[:240]
            if name in missing:
                outcome = "missing"
                print(f"missing {client} {name}: {missing[name]} ({said})")
            else:
                outcome = "failed"
                print(f"FAILED  {client} {name}: {type(error).__name__}: {said}")
                print("".join(traceback.format_exception(error)[-6:]), end="")
        else:
            if name in missing:
                outcome = "failed"
                print(f"FAILED  {client} {name} works: take its line out of missing.txt")
        counts[outcome] += 1
    print(f"{client}: {counts['passed']} passed, {counts['failed']} failed, {counts['missing']} missing")
    return counts["failed"] == 0


def last_line(error):
    """The line that raised, which is what an assertion without words has to say."""
    return traceback.extract_tb(error.__traceback__)[-1].line or repr(error)


def words_of(error):
    """What an error says in a line; of a reply that does not fit its type, where it does not."""
    cause = error.__cause__
    if hasattr(cause, "errors"):
        places = (".".join(map(str, one["loc"])) for one in cause.errors())
        return f"the reply does not fit its type at {', '.join(dict.fromkeys(places))}"
    return (str(error) or last_line(error)).splitlines()[0]


def read_missing(client):
    """What is known to be missing, with the reason: lines of `client case: reason`."""
    lines = (Path(__file__).parent.parent / "missing.txt").read_text().splitlines()
    missing = {}
    for line in lines:
        if not line or line.startswith("#"):
            continue
        head, reason = line.split(": ", 1)
        of, name = head.split(" ")
        if of == client:
            missing[name] = reason
    return missing

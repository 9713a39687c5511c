from probing import check, rng
from router import MethodNotAllowed, Router
from router.patterns import Pattern
from router.query import build_query, parse_query

PATTERNS = ["/", "/a", "/a/b", "/<x>", "/a/<int:n>", "/a/<int:n>/<y>", "/f/<path:p>", "/<x>/b", "/f/<int:n>/<path:p>"]
PATHS = [
    "/", "", "/a", "/a/", "//a//b", "/b", "/a/7", "/a/-7", "/a/x", "/a/7/y", "/a/7/y/z", "/f", "/f/1", "/f/1/2", "/f/x/y/z",
    "/a/b", "/c/b", "/f/3/x/y", "/a/7.0", "/A",
]  # fmt: skip
for pattern in PATTERNS:
    for path in PATHS:
        check(Pattern(pattern).match, path)
for value in ["x", "a b", "a/b", "ü", "a%b", 0, -1, "", "x?y=z&w#v"]:
    check(Pattern("/t/<v>/u").build, v=value)
    check(Pattern("/t/<path:v>").build, v=value)
check(Pattern("/t/<v>").build)
for pattern in ["/<bool:x>", "/<:x>"]:
    check(Pattern, pattern)
for text in [
    "a", "a=", "=b", "a=1&a=2&b=3&a=", "?x=1", "a=b=c=d", "a+b=c+d", "a%2Bb=%2B+%20", "&&a=1&", "%26=%3D", "x=%C3%BC",
]:  # fmt: skip
    check(parse_query, text)
for params in [{"z": 1, "a": [1, 2], "m": ""}, {"a b": "c+d"}, {"x": []}, {"&": "="}, {"n": None, "t": True}, {"k": 0}]:
    check(build_query, params)
    check(parse_query, build_query(params))


def application(wrappers):
    app, log = Router(), []

    @app.route("/n/<int:n>", methods=["GET", "Head"])
    def number(query, n):
        log.append("number")
        return n, query

    @app.route("/n/<word>", methods=("GET", "post"), name="words")
    def word(query, word):
        return word, query

    @app.route("/<path:rest>", methods=["PATCH"])
    def rest(query, rest):
        return rest

    for i in range(wrappers):
        app.use(lambda handler, i=i: lambda *args, **kwargs: (log.append(i), handler(*args, **kwargs), log.append(-i))[1])
    return app, log


def handled(method, url, wrappers):
    app, log = application(wrappers)
    try:
        return app.handle(method, url), log
    except MethodNotAllowed as error:
        return error.allowed, str(error), log


for url in ["/n/1", "/n/one?x=1&x=2", "/n/1?q=a=b", "/other", "/", "/n/1/2?", "/n/1?x=1?2"]:
    for method in ["GET", "get", "HEAD", "POST", "PATCH", "DELETE"]:
        check(handled, method, url, rng.randint(0, 3))
for name in ["number", "words", "word", "rest", "nobody"]:
    check(application(0)[0].url_for, name, n=5, word="a/b", rest="a/b c")

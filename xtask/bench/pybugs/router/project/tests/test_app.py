import pytest
from router import MethodNotAllowed, NotFound, Router


@pytest.fixture
def app():
    app = Router()

    @app.route("/items")
    def items(query):
        return ("items", query)

    @app.route("/items/<int:id>", methods=["get", "delete"])
    def item(query, id):
        return ("item", id)

    @app.route("/items/<int:id>", methods=["PUT"], name="save")
    def save_item(query, id):
        return ("saved", id)

    return app


def test_handle(app):
    assert app.handle("GET", "/items?sort=name") == ("items", {"sort": ["name"]})
    assert app.handle("get", "/items/3") == ("item", 3)
    assert app.handle("PUT", "/items/4") == ("saved", 4)
    assert app.handle("DELETE", "/items/5") == ("item", 5)


def test_not_found(app):
    with pytest.raises(NotFound):
        app.handle("GET", "/nothing")


def test_method_not_allowed(app):
    with pytest.raises(MethodNotAllowed) as caught:
        app.handle("POST", "/items/3")
    assert caught.value.allowed == ["DELETE", "GET", "PUT"]


def test_middleware_runs_in_order(app):
    log = []

    def tracing(name):
        def wrap(handler):
            def handle(*args, **kwargs):
                log.append(f"{name} in")
                result = handler(*args, **kwargs)
                log.append(f"{name} out")
                return result

            return handle

        return wrap

    app.use(tracing("a"))
    app.use(tracing("b"))
    app.handle("GET", "/items")
    assert log == ["a in", "b in", "b out", "a out"]


def test_url_for(app):
    assert app.url_for("item", id=3) == "/items/3"
    assert app.url_for("save", id=3) == "/items/3"
    with pytest.raises(KeyError):
        app.url_for("save_item", id=3)

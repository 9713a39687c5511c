"""Routes, in the order in which they were added."""

from router.patterns import Pattern
from router.query import parse_query


class NotFound(Exception):
    """No route has this path."""


class MethodNotAllowed(Exception):
    """Routes have this path, with the methods in `allowed`."""

    def __init__(self, allowed):
        super().__init__(", ".join(allowed))
        self.allowed = allowed


class Router:
    def __init__(self):
        self.routes = []
        self.names = {}
        self.middleware = []

    def route(self, pattern, methods=("GET",), name=None):
        """Decorates a handler; its name is the function's unless given."""

        def decorate(handler):
            compiled = Pattern(pattern)
            for method in methods:
                self.routes.append((method.upper(), compiled, handler))
            self.names[name or handler.__name__] = compiled
            return handler

        return decorate

    def use(self, wrapper):
        """Adds middleware; what was added first runs first."""
        self.middleware.append(wrapper)
        return wrapper

    def resolve(self, method, path):
        """The handler and its parameters."""
        allowed = []
        for route_method, pattern, handler in self.routes:
            params = pattern.match(path)
            if params is None:
                continue
            if route_method == method.upper():
                return handler, params
            allowed.append(route_method)
        if allowed:
            raise MethodNotAllowed(sorted(set(allowed)))
        raise NotFound(path)

    def handle(self, method, url):
        """Calls the handler, wrapped in the middleware, with the query and the path's parameters."""
        path, _, query = url.partition("?")
        handler, params = self.resolve(method, path)
        for wrapper in reversed(self.middleware):
            handler = wrapper(handler)
        return handler(parse_query(query), **params)

    def url_for(self, name, **params):
        if name not in self.names:
            raise KeyError(name)
        return self.names[name].build(**params)

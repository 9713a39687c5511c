"""Tasks and what they wait for."""


class CycleError(ValueError):
    """Tasks wait for one another; `path` begins and ends with the same one."""

    def __init__(self, path):
        super().__init__(" -> ".join(path))
        self.path = path


class TaskGraph:
    """Tasks with a duration; each starts when all that it depends on have ended."""

    def __init__(self):
        self.durations = {}
        self.depends = {}

    def add(self, name, duration=1, after=()):
        """Adds a task; the tasks that it comes after may be added later."""
        if name in self.durations:
            raise ValueError(f"{name} is there already")
        self.durations[name] = duration
        self.depends[name] = list(after)

    def missing(self):
        """Names that are depended on but were never added, in order of the alphabet."""
        return sorted({need for needs in self.depends.values() for need in needs if need not in self.durations})

    def order(self):
        """Every task after those it depends on; among equals, in the order of adding."""
        done, path, result = set(), [], []

        def visit(name):
            if name in path:
                raise CycleError(path[path.index(name):] + [name])
            if name in done:
                return
            path.append(name)
            for need in self.depends[name]:
                visit(need)
            path.pop()
            done.add(name)
            result.append(name)

        for name in self.durations:
            visit(name)
        return result

    def ancestors(self, name):
        """All tasks that must end before this one starts."""
        found = set()
        stack = list(self.depends[name])
        while stack:
            need = stack.pop()
            if need not in found:
                found.add(need)
                stack.extend(self.depends[need])
        return found

    def dependents(self, name):
        """All tasks that wait for this one, directly or not."""
        return {other for other in self.durations if name in self.ancestors(other)}

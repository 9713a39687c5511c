"""Which lines of the project a call runs."""

import sys
import threading


CALLS_MAX = 500


class Lines:
    """Collects (path, line) pairs between start and stop, in this thread and new ones."""

    def __init__(self, paths):
        self.paths = set(paths)
        self.seen = set()
        self.calls = {}

    def start(self):
        if hasattr(sys, "monitoring"):
            self._start_monitoring()
        else:
            threading.settrace(self._on_call)
            sys.settrace(self._on_call)

    def stop(self):
        if hasattr(sys, "monitoring"):
            sys.monitoring.set_events(sys.monitoring.COVERAGE_ID, 0)
            sys.monitoring.free_tool_id(sys.monitoring.COVERAGE_ID)
        else:
            sys.settrace(None)
            threading.settrace(None)

    def _on_call(self, frame, _event, _argument):
        if frame.f_code.co_filename not in self.paths:
            return None
        self.seen.add((frame.f_code.co_filename, frame.f_lineno))
        calls = self.calls[frame.f_code] = self.calls.get(frame.f_code, 0) + 1
        if calls > CALLS_MAX:
            # Deep recursion shows nothing new, and tracing makes it many times slower.
            return None
        return self._on_line

    def _on_line(self, frame, event, _argument):
        if event == "line":
            self.seen.add((frame.f_code.co_filename, frame.f_lineno))
        calls = self.calls[frame.f_code] = self.calls.get(frame.f_code, 0) + 1
        if calls > CALLS_MAX:
            # Deep recursion shows nothing new, and tracing makes it many times slower.
            return None
        return self._on_line

    def _start_monitoring(self):
        monitoring = sys.monitoring
        monitoring.use_tool_id(monitoring.COVERAGE_ID, "freehold")
        monitoring.register_callback(monitoring.COVERAGE_ID, monitoring.events.LINE, self._on_monitored_line)
        monitoring.restart_events()
        monitoring.set_events(monitoring.COVERAGE_ID, monitoring.events.LINE)

    def _on_monitored_line(self, code, line):
        if code.co_filename in self.paths:
            self.seen.add((code.co_filename, line))
        return sys.monitoring.DISABLE

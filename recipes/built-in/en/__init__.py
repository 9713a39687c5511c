"""English: every way of asking that the generator knows, and how often each is used.

A language is a package with `REQUESTS` (weight, maker), `WRITTEN`, `wrap`, `JOINTS`, `ask`, `AFTER`, `decline`,
`reply`, `NOISE`, `AS_SAID`, and `home`, `home_loosely` and `clinc` for the corpora in that language. See the README.
"""

from . import calendar, lists, papers, work
from .ask import ask
from .corpora import clinc, home
from .decline import decline
from .follow import AFTER
from .loose import home as home_loosely
from .pairs import pair
from .reply import reply
from .surface import AS_SAID, JOINTS, NOISE, wrap

REQUESTS = (
    (12.0, calendar.create), (5.4, calendar.listed), (4.6, calendar.find), (3.4, calendar.move), (4.0, calendar.cancel),
    (4.0, lists.add), (3.6, lists.show), (4.2, lists.complete), (5.6, lists.remind), (4.0, lists.timer), (3.6, lists.stop),
    (4.2, lists.alarm), (4.8, lists.note), (5.2, lists.recall),
    (3.8, papers.draft), (5.2, papers.search_documents), (4.2, papers.mail), (3.4, papers.search_mail),
    (3.0, papers.find_contact), (4.5, papers.save_contact),
    (3.4, work.trip), (3.4, work.route), (3.8, work.teach), (4.6, work.quiz), (5.2, work.progress),
    (3.6, work.calculate), (3.0, work.convert), (2.8, work.now), (5.3, work.fix), (5.6, work.write_tests), (4.0, work.video),
    (5.5, work.model), (4.0, pair), (9.0, decline), (5.0, reply),
)  # fmt: skip
"""Makers of one request each; a weight is a share of the requests, about in percent."""

WRITTEN = frozenset((work.fix, work.write_tests))
"""Makers whose requests are typed, never spoken, and whose letters stay as they are."""

__all__ = ["AFTER", "AS_SAID", "JOINTS", "NOISE", "REQUESTS", "WRITTEN", "ask", "clinc", "decline", "home", "home_loosely", "reply", "wrap"]

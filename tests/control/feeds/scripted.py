"""A way to status pages that gives what a test has written down."""

from mainstay.control.feeds.fetching import Answer, FeedTroubleError, Marks
from mainstay.control.feeds.sources import FeedSource
from mainstay.lab.feeds.story import Story
from mainstay.ops.feeds.claims import About

SITE = "https://status.lab.example"
SUMMARY = f"{SITE}/api/v2/summary.json"
INCIDENTS = f"{SITE}/api/v2/incidents.json"
SOURCE = FeedSource(SITE, (About("alpha", ("claude-opus-4-6",)),))


class ScriptedFetch:
    """Serves a story as Statuspage does; `troubles` are by address what is raised instead."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.troubles: dict[str, FeedTroubleError] = {}
        self.asked: list[tuple[str, Marks]] = []
        self.bodies: dict[str, bytes] = {}

    async def __call__(self, url: str, marks: Marks) -> Answer:
        self.asked.append((url, marks))
        if url in self.troubles:
            raise self.troubles[url]
        if url in self.bodies:
            return Answer(self.bodies[url], Marks())
        if url not in {SUMMARY, INCIDENTS}:
            raise FeedTroubleError("missing", "nothing is there (404)")
        tag = f"v{self.story.version}"
        if marks.etag == tag:
            return Answer(None, marks)
        return Answer(self.story.summary() if url == SUMMARY else self.story.incidents(), Marks(tag))

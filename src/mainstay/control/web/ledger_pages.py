"""`/ledger`: looks for records and shows exchanges and records whole; and the same for programs."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mainstay.control.search.hit import Hit
from mainstay.control.search.search import BadPlaceError, Page, page_json
from mainstay.control.search.wish import FIELDS, KINDS, Asked, Wish, read_wish
from mainstay.control.web.answers import json_answer
from mainstay.control.web.asking import Unanswered
from mainstay.control.web.bench import Bench, bad_request, sentence, store_down, unknown
from mainstay.control.web.visit import visit_of
from mainstay.model.records import AttemptRecord

DOCS: Final = "docs/console.md says what can be looked for."
WHERE: Final = "The ledger keeps records as long as the store does; look for other words of it."
TRACK_WIDTH: Final = 1_000.0


class AttemptBar(msgspec.Struct, frozen=True):
    """An attempt in the picture of its exchange: where it begins and how wide it is, of 1000; `content_at` is where its
    first content came."""

    record: AttemptRecord
    x: float
    width: float
    content_at: float | None


class LedgerPages:
    """Endpoints, behind the guard."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    async def page(self, request: Request) -> Response:
        """The form, and what was found."""
        fields = {name: request.query_params.get(name, "") for name in FIELDS}
        asked = read_wish(fields, self._bench.wall())
        found = None if asked.mistakes else await self._looked(asked)
        trouble, status = "", 400 if asked.mistakes else 200
        if isinstance(found, Unanswered):
            trouble, status, found = sentence(found.words), 503, None
        elif isinstance(found, str):
            asked, status, found = msgspec.structs.replace(asked, mistakes=(found,)), 400, None
        plain = {name: text for name, text in fields.items() if text and name != "after"}
        values: dict[str, object] = {
            "fields": fields,
            "kinds": KINDS,
            "mistakes": asked.mistakes,
            "trouble": trouble,
            "found": found,
            "query": urlencode(plain),
            "older": urlencode({**plain, "after": found.after}) if isinstance(found, Page) and found.after else "",
        }
        return self._bench.page("ledger", visit_of(request), values, status)

    async def one(self, request: Request) -> Response:
        """One exchange with all its records, or one record."""
        visit, identity = visit_of(request), request.path_params["id"]
        hits = await self._records(identity)
        if isinstance(hits, Unanswered):
            return self._bench.no(request.url.path, visit, store_down(hits))
        if not hits:
            return self._bench.no(request.url.path, visit, unknown(f"record or exchange {identity[:100]}", WHERE))
        values: dict[str, object] = {
            "id": identity,
            "hits": hits,
            "fields": [_fields(hit) for hit in hits],
            "bars": attempt_bars(hits),
        }
        return self._bench.page("exchange", visit, values)

    async def api(self, request: Request) -> Response:
        """What was found, as JSON."""
        visit = visit_of(request)
        asked = read_wish(dict(request.query_params), self._bench.wall())
        if asked.mistakes:
            return self._bench.no(request.url.path, visit, bad_request("; ".join(asked.mistakes), DOCS))
        found = await self._looked(asked)
        if isinstance(found, Unanswered):
            return self._bench.no(request.url.path, visit, store_down(found))
        if isinstance(found, str):
            return self._bench.no(request.url.path, visit, bad_request(found, DOCS))
        return Response(page_json(found), media_type="application/json")

    async def one_api(self, request: Request) -> Response:
        """All records of an exchange, or one record."""
        visit, identity = visit_of(request), request.path_params["id"]
        hits = await self._records(identity)
        if isinstance(hits, Unanswered):
            return self._bench.no(request.url.path, visit, store_down(hits))
        if not hits:
            return self._bench.no(request.url.path, visit, unknown(f"record or exchange {identity[:100]}", WHERE))
        found = [{"chain": one.chain, "sequence": one.sequence, "hash": one.hash, "record": _raw(one)} for one in hits]
        return json_answer({"id": identity, "records": found})

    async def _looked(self, asked: Asked) -> Page | Unanswered | str:
        search = self._bench.desks.search

        def look() -> Page | str:
            try:
                return search.look(asked.wish, asked.after, asked.limit)
            except BadPlaceError as error:
                return str(error)

        return await self._bench.asker.ask(look)

    async def _records(self, identity: str) -> tuple[Hit, ...] | Unanswered:
        search = self._bench.desks.search

        def ask() -> tuple[Hit, ...]:
            found = search.exchange(identity)
            if found:
                return found
            return tuple(hit for hit in search.look(Wish(text=identity), limit=10).hits if hit.id == identity)

        return await self._bench.asker.ask(ask)


def attempt_bars(hits: tuple[Hit, ...]) -> tuple[AttemptBar, ...]:
    """The attempts of an exchange over its time. A record is written when its attempt has ended."""
    records = []
    for hit in hits:
        if hit.kind == "attempt":
            try:
                records.append(msgspec.json.decode(hit.line, type=AttemptRecord))
            except msgspec.DecodeError:
                continue
    if not records:
        return ()
    starts = [one.at - one.total_seconds for one in records]
    first, last = min(starts), max(one.at for one in records)
    scale = TRACK_WIDTH / max(last - first, 0.001)
    bars = []
    for record, start in sorted(zip(records, starts, strict=True), key=lambda pair: (pair[1], pair[0].number)):
        content = record.first_content_seconds
        x = (start - first) * scale
        bars.append(
            AttemptBar(
                record,
                round(x, 1),
                round(max(record.total_seconds * scale, 4.0), 1),
                None if content is None else round(x + content * scale, 1),
            )
        )
    return tuple(bars)


def _fields(hit: Hit) -> Mapping[str, str]:
    """All fields of a record, as they are written."""
    try:
        found = msgspec.json.decode(hit.line, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        return {"line": hit.line}
    return {name: _plain(raw) for name, raw in found.items()}


def _plain(raw: msgspec.Raw) -> str:
    text = bytes(raw).decode(errors="replace")
    try:
        return msgspec.json.decode(text, type=str)
    except msgspec.DecodeError:
        return text


def _raw(hit: Hit) -> msgspec.Raw | str:
    try:
        msgspec.json.decode(hit.line)
    except msgspec.DecodeError:
        return hit.line
    return msgspec.Raw(hit.line.encode())

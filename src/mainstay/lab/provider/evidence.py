"""Proofs in an answer of what came through of the request, whatever dialects lie between.

Digests are eight hexadecimal digits. Pictures show always; the rest only where the question asks for it.
"""

import hashlib
from collections.abc import Iterable

from mainstay.lab.provider.ask import Ask, Result, Said

_DIGEST_BYTES = 4


def digest(pieces: Iterable[str]) -> str:
    """A digest of these texts in this order."""
    seen = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    for piece in pieces:
        seen.update(piece.encode("utf-8", "surrogatepass") + b"\0")
    return seen.hexdigest()


def mark(provider: str) -> str:
    """The mark that a provider of this name leaves in what only it accepts."""
    return digest(("provider", provider))


def plain(text: str) -> str:
    """The text with every run of whitespace as one space, so that layout makes no difference."""
    return " ".join(text.split())


def image(url: str) -> str:
    """A picture as `Said.images` holds it: the base64 of a data URL, any other URL as it is."""
    head, separator, data = url.partition(";base64,")
    return data if separator and head.startswith("data:") else url


def images_seen(images: tuple[str, ...]) -> str:
    """`[images=N digest=xxxxxxxx]`: how many pictures, and a digest of their data and URLs in order."""
    return f"[images={len(images)} digest={digest(images)}]"


def results_seen(messages: tuple[Said, ...]) -> str:
    """`[tool results=N digest=xxxxxxxx]`: the digest covers texts and pictures of the results in the order of the calls
    that they answer."""
    order = {call_id: index for index, call_id in enumerate(call for said in messages for call in said.calls)}
    results = [result for said in messages for result in said.results]
    results.sort(key=lambda result: order.get(result.call_id, len(order)))
    return f"[tool results={len(results)} digest={digest(piece for r in results for piece in _pieces(r))}]"


def system_seen(system: str) -> str:
    """`[system=xxxxxxxx]`: the digest of the system text; layout makes no difference."""
    return f"[system={digest((plain(system),))}]"


def parameters_seen(ask: Ask) -> str:
    """`[max=100 temp=0.5 stop=END,STOP effort=low user=u1]`: those that were given; `[no parameters]` if none was."""
    given = (
        ("max", "" if ask.max_tokens is None else str(ask.max_tokens)),
        ("temp", "" if ask.temperature is None else f"{ask.temperature:g}"),
        ("stop", ",".join(ask.stop_sequences)),
        ("effort", ask.effort),
        ("user", ask.end_user),
    )
    return f"[{' '.join(f'{name}={value}' for name, value in given if value) or 'no parameters'}]"


def evidence(ask: Ask, question: Said, after: tuple[Said, ...], echoes: frozenset[str]) -> str:
    """What an answer to this question begins with; `echoes` is what the question wants to be told of: `results`,
    `system`, `params`. Empty, or with a space at its end."""
    proofs = (
        images_seen(question.images) if question.images else "",
        f"[documents={question.documents}]" if question.documents else "",
        results_seen(after) if "results" in echoes and any(said.results for said in after) else "",
        system_seen(ask.system) if "system" in echoes else "",
        parameters_seen(ask) if "params" in echoes else "",
    )
    return "".join(f"{proof} " for proof in proofs if proof)


def _pieces(result: Result) -> tuple[str, ...]:
    return plain(result.text), *result.images

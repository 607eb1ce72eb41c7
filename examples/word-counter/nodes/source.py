"""Where the text comes from: the input, or else a sample."""

from dataclasses import dataclass

from pipedreamer import Context

SAMPLE = """\
Peter Piper picked a peck of pickled peppers.
A peck of pickled peppers Peter Piper picked.
If Peter Piper picked a peck of pickled peppers,
where's the peck of pickled peppers Peter Piper picked?
"""


@dataclass
class Given:
    """A JSON body has `text`; a body of plain text arrives as `body`."""

    text: str | None = None
    body: str | None = None


async def run(ctx: Context, input: Given) -> dict[str, str]:
    for text in (input.text, input.body):
        if text is not None:
            return {"text": text}
    return {"text": SAMPLE}

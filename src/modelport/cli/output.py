"""Where answers and notes go: answers to standard output as tables or JSON, everything else to standard error.

`rich` is imported only when something is drawn on a terminal; in a pipe tables are plain aligned text.
"""

from __future__ import annotations

import datetime
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

_GAP = "  "

OnBytes = Callable[[int], None]
OnStep = Callable[[int, int, str, bool], None]
_LINE_LENGTH = 100


def plain(value: Any) -> str:
    """A value as people read it in a table.

    >>> plain({"a": "1", "b": "2"}), plain(["x", "y"]), plain(None), plain(True)
    ('a=1, b=2', 'x, y', '', 'yes')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={plain(inner)}" for key, inner in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(plain(inner) for inner in value)
    return str(value)


def moment(text: Any) -> str:
    """A moment (ISO 8601) as people read it, in the time of this machine; empty stays empty."""
    if not text:
        return ""
    return datetime.datetime.fromisoformat(str(text)).astimezone().strftime("%Y-%m-%d %H:%M:%S")


@dataclass(frozen=True)
class Column:
    """One column of a table: the key of its value, its title, and how the value is shown."""

    key: str
    title: str = ""
    show: Callable[[Any], str] = plain

    @property
    def head(self) -> str:
        """The title, or the key in words."""
        return self.title or self.key.replace("_", " ").capitalize()


class Output:
    """Prints for a person or for a program; `as_json` decides which."""

    def __init__(self, *, as_json: bool, colour: bool = True) -> None:
        self.as_json = as_json
        self._colour = colour

    def rows(
        self, rows: Sequence[Mapping[str, Any]], columns: Sequence[Column], *, none: str = "Nothing there."
    ) -> None:
        """A list: every key as JSON, the columns as a table; `none` is said, on standard error, if it is empty."""
        if self.as_json:
            self._json(list(rows))
        elif not rows:
            self.note(none)
        else:
            cells = [[column.show(row.get(column.key)) for column in columns] for row in rows]
            self._table([column.head for column in columns], cells)

    def record(self, record: Mapping[str, Any], shown: Mapping[str, Callable[[Any], str]] | None = None) -> None:
        """One thing: its keys and values; `shown` says how the values of some keys are shown to people."""
        if self.as_json:
            self._json(dict(record))
            return
        styles = shown or {}
        pairs = [(Column(key).head, styles.get(key, plain)(value)) for key, value in record.items()]
        told = [(head, value) for head, value in pairs if value]
        width = max((len(head) for head, _ in told), default=0)
        for head, value in told:
            self._line(f"{head:<{width}}{_GAP}{_indented(value, width + len(_GAP))}")

    def done(self, sentence: str, record: Mapping[str, Any]) -> None:
        """What a command has done: the sentence for people, the record for programs."""
        if self.as_json:
            self._json(dict(record))
        else:
            self._line(sentence)

    def text(self, text: str) -> None:
        """Text as it is, with its line end, at once."""
        sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
        sys.stdout.flush()

    def markdown(self, text: str) -> None:
        """A page: drawn on a terminal, as it is in a pipe."""
        if sys.stdout.isatty():
            from rich.markdown import Markdown

            self._console().print(Markdown(text))
        else:
            self.text(text)

    def note(self, sentence: str) -> None:
        """Something that a person wants to know and a program does not: on standard error."""
        sys.stdout.flush()
        sys.stderr.write(f"{sentence}\n")
        sys.stderr.flush()

    @contextmanager
    def working(self, sentence: str) -> Iterator[Callable[[str], None]]:
        """Show, on a terminal only, that something takes its time; yields a function that changes the sentence."""
        if self.as_json or not sys.stderr.isatty():
            yield lambda _: None
            return
        from rich.markup import escape

        with self._console(to_errors=True).status(escape(sentence)) as status:
            yield lambda text: status.update(escape(text))

    @contextmanager
    def transferring(self, sentence: str, total_bytes: Callable[[], int | None]) -> Iterator[OnBytes]:
        """Show, on a terminal only, how many bytes have gone; yields a function that takes how many more.

        `total_bytes` is asked only then; None: nobody knows how many there will be.
        """
        if self.as_json or not sys.stderr.isatty():
            yield lambda _: None
            return
        from rich.markup import escape
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
        with Progress(*columns, console=self._console(to_errors=True), transient=True) as progress:
            task = progress.add_task(escape(sentence), total=total_bytes())
            yield lambda more: progress.advance(task, more)

    @contextmanager
    def stepping(self, sentence: str) -> Iterator[OnStep]:
        """Show how far a work of many steps is: a bar with the present step on a terminal, plain lines elsewhere.

        Yields a function that takes the number of the step, how many there are (0: not known), a line, and whether the
        line is worth a line of its own where there is no bar.
        """
        self.note(sentence)
        if not sys.stderr.isatty():
            yield lambda _step, _total, line, told: self.note(f"  {line}") if told else None
            return
        from rich.markup import escape
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (BarColumn(bar_width=24), TimeElapsedColumn(), TextColumn("{task.description}"))
        with Progress(*columns, console=self._console(to_errors=True), transient=True) as bar:
            task = bar.add_task("", total=None)

            def advance(step: int, total: int, line: str, _told: bool) -> None:
                first = escape(line.splitlines()[0][:_LINE_LENGTH]) if line else ""
                bar.update(task, description=first)
                if total:
                    bar.update(task, completed=step, total=total)

            yield advance

    def _table(self, heads: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
        first, *rest = aligned([list(heads), *cells])
        if not sys.stdout.isatty():
            for line in (first, *rest):
                self._line(line)
            return
        from rich.text import Text

        # Soft wrap: on a narrow terminal an address or a name stays in one piece, so that it can be copied.
        self._console().print(Text(first, style="bold"), soft_wrap=True)
        for line in rest:
            self._console().print(Text(line), soft_wrap=True)

    def _console(self, *, to_errors: bool = False) -> Console:
        from rich.console import Console

        return Console(stderr=to_errors, no_color=not self._colour, highlight=False)

    def _json(self, value: Any) -> None:
        self._line(json.dumps(value, indent=2, default=str, ensure_ascii=False))

    def _line(self, line: str) -> None:
        sys.stdout.write(f"{line}\n")


def aligned(cells: Sequence[Sequence[str]]) -> Iterator[str]:
    """Lines whose cells stand below each other.

    >>> list(aligned([["Name", "Version"], ["diabetes", "3"]]))
    ['Name      Version', 'diabetes  3']
    """
    widths = [max(len(row[place]) for row in cells) for place in range(len(cells[0]))]
    for row in cells:
        yield _GAP.join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()


def _indented(value: str, columns: int) -> str:
    return value.replace("\n", f"\n{'':{columns}}")

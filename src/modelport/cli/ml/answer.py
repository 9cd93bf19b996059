"""How `az` prints an answer: JSON, a table, tabs, YAML or nothing, of all of it or of what `--query` picks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from modelport.cli.output import aligned
from modelport.errors import UserError

FORMATS = ("json", "jsonc", "table", "tsv", "yaml", "yamlc", "none")


class Plain(str):
    """Text that is printed as it is where JSON is the default: the log of a service."""

    __slots__ = ()


def check_query(query: str) -> None:
    """Raise `UserError` (`query-invalid`) for what is no JMESPath expression, whatever the answer will be."""
    import jmespath

    with _telling_of(query):
        jmespath.compile(query)


def picked(answer: Any, query: str | None) -> Any:
    """What a JMESPath expression picks of an answer; raises `UserError` (`query-invalid`).

    >>> picked([{"name": "a"}, {"name": "b"}], "[1].name")
    'b'
    """
    if query is None:
        return answer
    import jmespath

    with _telling_of(query):
        return jmespath.search(query, answer)


@contextmanager
def _telling_of(query: str) -> Iterator[None]:
    from jmespath.exceptions import JMESPathError

    try:
        yield
    except JMESPathError as error:
        first = str(error).splitlines()[0]
        raise UserError(
            "query-invalid",
            f"The --query {query!r} is not valid: {first}",
            "It is a JMESPath expression, for example: --query '[0].id' or --query \"[?version==`2`].id\"",
        ) from error


def text_of(answer: Any, output_format: str | None) -> str:
    r"""The text to print, with its line end, "" for nothing; `output_format` is one of `FORMATS`, None: JSON.

    >>> text_of([{"name": "a", "version": 1, "tags": {}}], "tsv")
    'a\t1\t\n'
    """
    if answer is None or output_format == "none":
        return ""
    if isinstance(answer, Plain) and output_format is None:
        return answer if answer.endswith("\n") or not answer else f"{answer}\n"
    if output_format == "tsv":
        return _tabs(answer)
    if output_format == "table":
        return _table(answer)
    if output_format in ("yaml", "yamlc"):
        import yaml

        return yaml.safe_dump(json.loads(_json(answer)), sort_keys=False, allow_unicode=True)
    return _json(answer)


def _json(answer: Any) -> str:
    return json.dumps(answer, indent=2, default=str, ensure_ascii=False) + "\n"


def _tabs(answer: Any) -> str:
    rows = answer if _is_list(answer) else [answer]
    return "".join("\t".join(map(_cell, _values(row))) + "\n" for row in rows)


def _values(row: Any) -> Sequence[Any]:
    if isinstance(row, Mapping):
        return list(row.values())
    return row if _is_list(row) else [row]


def _cell(value: Any) -> str:
    """As `az` does: what has parts is not shown in one cell."""
    if value is None:
        return "None"
    return "" if isinstance(value, (Mapping, list, tuple)) else str(value)


def _table(answer: Any) -> str:
    rows = [_flat(row) for row in (answer if _is_list(answer) else [answer])]
    heads = list(dict.fromkeys(key for row in rows for key in row))
    if not heads:
        return ""
    cells = [[row.get(head, "") for head in heads] for row in rows]
    titles = [head[:1].upper() + head[1:] for head in heads]
    rules = ["-" * max(len(row[place]) for row in (titles, *cells)) for place in range(len(heads))]
    return "".join(f"{line}\n" for line in aligned([titles, rules, *cells]))


def _flat(row: Any) -> dict[str, str]:
    if not isinstance(row, Mapping):
        return {"result": str(row)}
    return {
        str(key): str(value)
        for key, value in row.items()
        if value is not None and not isinstance(value, (Mapping, list, tuple))
    }


def _is_list(answer: Any) -> bool:
    return isinstance(answer, (list, tuple))

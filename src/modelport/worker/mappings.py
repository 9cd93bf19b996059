"""Mappings of a request in which a name may come several times: query and form fields, and headers."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class MultiDict(dict):  # type: ignore[type-arg]
    """A dictionary of each name's first value; `getlist` gives them all."""

    def __init__(self, pairs: "list[tuple[str, Any]]") -> None:
        super(MultiDict, self).__init__()
        self._lists = {}  # type: dict[str, list[Any]]
        for name, value in pairs:
            self.setdefault(name, value)
            self._lists.setdefault(name, []).append(value)

    def getlist(self, name: str) -> "list[Any]":
        """All values of a name, in order; empty where there is none."""
        return list(self._lists.get(name, ()))

    def get(self, name: str, default: "Any" = None, type: "Any" = None) -> "Any":  # noqa: A002 - Flask's name
        """The first value, converted by `type` if given; `default` where there is none or it does not fit."""
        if name not in self:
            return default
        try:
            return self[name] if type is None else type(self[name])
        except ValueError:
            return default

    def to_dict(self, flat: bool = True) -> "dict[str, Any]":
        """An ordinary dictionary: of first values, or of lists where `flat` is false."""
        return dict(self) if flat else {name: list(values) for name, values in self._lists.items()}


class Headers(object):
    """The headers of a request; names are found whatever their case."""

    def __init__(self, pairs: "list[tuple[str, str]]") -> None:
        self._pairs = list(pairs)

    def getlist(self, name: str) -> "list[str]":
        """All values of a header, in order."""
        wanted = name.lower()
        return [value for key, value in self._pairs if key.lower() == wanted]

    def get(self, name: str, default: "Any" = None) -> "Any":
        """The first value of a header, or `default`."""
        found = self.getlist(name)
        return found[0] if found else default

    def __getitem__(self, name: str) -> str:
        found = self.getlist(name)
        if not found:
            raise KeyError(name)
        return found[0]

    def __contains__(self, name: str) -> bool:
        return bool(self.getlist(name))

    def __iter__(self) -> "Any":
        return iter(self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def items(self) -> "list[tuple[str, str]]":
        """All (name, value) pairs, in order."""
        return list(self._pairs)

    def keys(self) -> "list[str]":
        """All names, in order."""
        return [name for name, _ in self._pairs]

    def values(self) -> "list[str]":
        """All values, in order."""
        return [value for _, value in self._pairs]

    def __repr__(self) -> str:
        return "Headers(%r)" % self.keys()  # the values may hold keys and cookies

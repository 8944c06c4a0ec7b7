"""XML files read as a stream: nothing in them can reach outside the file, or swell in memory."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.parsers import expat

CHUNK_BYTES = 64 * 1024
MAX_MARKUP_BYTES = 1024 * 1024
MAX_TEXT_CHARACTERS = 10_000
MAX_DEPTH = 20
MAX_ELEMENTS = 20_000
"""How many elements one collected element may hold."""

_XINCLUDE = "http://www.w3.org/2001/XInclude"


class Unreadable(Exception):
    """A file that cannot be read at all; ``line`` is where, ``message`` what to do. Nothing of it may be
    used.
    """

    def __init__(self, line: int, message: str) -> None:
        super().__init__(f"line {line}: {message}")
        self.line = line
        self.message = message


@dataclass(slots=True)
class Element:
    """An element with all it holds. ``text_line`` is where its first text is, if it has any."""

    name: str
    line: int
    text: str = ""
    text_line: int | None = None
    children: "list[Element]" = field(default_factory=list)

    def content(self) -> tuple[object, ...]:
        """What it says, wherever it stands in the file: equal for two elements that say the same."""
        return (self.name, self.text.strip(), *(child.content() for child in self.children))

    def size(self) -> int:
        """How many elements it is, those inside it included."""
        return 1 + sum(child.size() for child in self.children)


@dataclass(frozen=True, slots=True)
class StrayText:
    """Text that stands among elements, where none belongs."""

    path: tuple[str, ...]
    line: int


def read_elements(
    file: BinaryIO,
    containers: frozenset[tuple[str, ...]],
    seen: Callable[[bytes], object] = lambda chunk: None,
) -> Iterator[tuple[tuple[str, ...], Element] | StrayText]:
    """Yield, with its path from the root, each element that stands directly in a container, and text that
    strays there.

    ``containers`` are the paths of the elements too large to be collected, the root among them. ``seen`` is
    given every chunk of bytes. Memory stays bounded by the largest element outside the containers. Namespaces
    are left out of names.

    Raises Unreadable for what is not well-formed XML in an encoding Python knows, for another root, for a
    document type (and so for every entity that a file defines, billion laughs and external ones), for
    XInclude, and for anything longer or deeper than the limits of this module. It may have yielded much by
    then: read once to check, then once to use.
    """
    reading = _Reading(containers)
    empty = True
    while chunk := file.read(CHUNK_BYTES):
        seen(chunk)
        empty = empty and not chunk.strip()
        reading.feed(chunk, is_last=False)
        yield from reading.take()
    if empty:
        raise Unreadable(1, "the file is empty; export it again")
    reading.feed(b"", is_last=True)
    yield from reading.take()


class _Reading:
    def __init__(self, containers: frozenset[tuple[str, ...]]) -> None:
        self._containers = containers
        self._path: list[str] = []
        self._open: list[Element] = []
        self._elements = 0
        self._found: list[tuple[tuple[str, ...], Element] | StrayText] = []
        self._fed = 0
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._doctype

    def feed(self, chunk: bytes, is_last: bool) -> None:
        self._fed += len(chunk)
        try:
            self._parser.Parse(chunk, is_last)
        except expat.ExpatError as error:
            raise Unreadable(error.lineno, _sentence(error)) from None
        except (LookupError, ValueError):
            raise Unreadable(1, "the encoding it names is not known; save it as UTF-8") from None
        if self._fed - max(self._parser.CurrentByteIndex, 0) > MAX_MARKUP_BYTES:
            raise Unreadable(self._line, f"one piece of markup is longer than {MAX_MARKUP_BYTES} bytes")

    def take(self) -> list[tuple[tuple[str, ...], Element] | StrayText]:
        found, self._found = self._found, []
        return found

    @property
    def _line(self) -> int:
        return int(self._parser.CurrentLineNumber)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        if namespace == _XINCLUDE:
            raise Unreadable(
                self._line, "it asks for another file to be included (XInclude), which is never done"
            )
        self._path.append(local)
        if len(self._path) > MAX_DEPTH:
            raise Unreadable(self._line, f"elements stand more than {MAX_DEPTH} deep in one another")
        if not self._open:
            if tuple(self._path) in self._containers:
                return
            if len(self._path) == 1:
                roots = " or ".join(sorted(path[0] for path in self._containers if len(path) == 1))
                raise Unreadable(
                    self._line,
                    f"it is another kind of XML file: it starts with <{local[:80]}>, not with <{roots}>",
                )
            self._elements = 0
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise Unreadable(self._line, f"<{self._open[0].name}> holds more than {MAX_ELEMENTS} elements")
        element = Element(local, self._line)
        if self._open:
            self._open[-1].children.append(element)
        self._open.append(element)

    def _end(self, name: str) -> None:
        if self._open:
            element = self._open.pop()
            if not self._open:
                self._found.append((tuple(self._path), element))
        self._path.pop()

    def _text(self, text: str) -> None:
        is_blank = not text or text.isspace()
        if not self._open:
            if not is_blank:
                self._found.append(StrayText(tuple(self._path), self._line))
            return
        element = self._open[-1]
        if is_blank and not element.text:
            return
        if element.text_line is None:
            element.text_line = self._line
        element.text += text
        if len(element.text) > MAX_TEXT_CHARACTERS:
            raise Unreadable(
                self._line, f"<{element.name}> holds more than {MAX_TEXT_CHARACTERS} characters of text"
            )

    def _doctype(self, *declaration: object) -> None:
        raise Unreadable(
            self._line,
            "it declares a document type (DOCTYPE), which could hide entities; export it without one",
        )


_CUT_SHORT = {
    expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS],
    expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN],
    expat.errors.codes[expat.errors.XML_ERROR_PARTIAL_CHAR],
    expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION],
}
_ENCODING = {
    expat.errors.codes[expat.errors.XML_ERROR_UNKNOWN_ENCODING],
    expat.errors.codes[expat.errors.XML_ERROR_INCORRECT_ENCODING],
}


def _sentence(error: expat.ExpatError) -> str:
    if error.code in _CUT_SHORT:
        return "the file ends before it is complete; export it again"
    if error.code in _ENCODING:
        return "its text is not in the encoding it names; save it as UTF-8"
    what = f"{expat.ErrorString(error.code)}, column {error.offset + 1}"
    return f"it is not well-formed XML ({what}); export it again"

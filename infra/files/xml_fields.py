"""What one element of an XML return holds, field by field, and what could not be read of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from domain.moment import EARLIEST, read_day
from infra.files.xml_file import Element

_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(Z|[+-]\d{2}:\d{2})?", re.ASCII)
NOT_A_CODE = "is not a code of any year's census; correct it in the case system"

_A_YEAR = timedelta(days=366)
_LAST_YEAR = date(9998, 1, 1)


@dataclass(frozen=True, slots=True)
class FileProblem:
    """Something in a file that was set aside: where it stands and what to do about it."""

    line: int
    path: str
    message: str


class Fields:
    """One element being read: what it holds by name, what of it could not be read, and what is left over."""

    def __init__(self, element: Element, path: str, taken_on: date, problems: list[FileProblem]) -> None:
        self.element = element
        self.path = path
        self.taken_on = taken_on
        self.problems = problems
        self.unread: set[str] = set()
        self.set_aside: set[str] = set()
        self._known: set[str] = set()
        self._by_name: dict[str, list[Element]] = {}
        for child in element.children:
            self._by_name.setdefault(child.name, []).append(child)
        if element.children and element.text_line is not None:
            self.tell(element.text_line, "", "has text that belongs nowhere; it was not read")

    def tell(self, line: int, name: str, message: str) -> None:
        self.problems.append(FileProblem(line, f"{self.path}/{name}" if name else self.path, message))

    def day(
        self, name: str, field_name: str = "", *, is_required: bool = False, may_be_ahead: bool = False
    ) -> date | None:
        given = self._one(name, field_name, is_required, "date")
        return self.day_in(given, name, field_name, may_be_ahead) if given else None

    def day_in(self, given: Element, name: str, field_name: str, may_be_ahead: bool = False) -> date | None:
        match = _DATE.fullmatch(given.text.strip())
        try:
            if match is None:
                raise ValueError("is not a date; write it as 2019-03-05")
            day = read_day(match[1])
            if day < EARLIEST:
                raise ValueError("is before 1900; correct it in the case system")
            latest = self.taken_on + (_A_YEAR if may_be_ahead and self.taken_on < _LAST_YEAR else timedelta())
            if day > latest:
                raise ValueError(
                    f"is after {latest.isoformat()} (the return was taken on {self.taken_on.isoformat()}); "
                    "correct it in the case system"
                )
        except ValueError as error:
            self._unreadable(given, name, field_name, str(error))
            return None
        return day

    def code(
        self, name: str, codes: frozenset[str], field_name: str = "", *, is_required: bool = False
    ) -> str | None:
        given = self._one(name, field_name, is_required, "code")
        if given is None:
            return None
        text = given.text.strip()
        if text not in codes:
            self._unreadable(given, name, field_name, NOT_A_CODE)
            return None
        return text

    def yes_or_no(self, name: str, field_name: str) -> bool | None:
        given = self._one(name, field_name, True, "answer (0 or 1)")
        if given is None:
            return None
        answer = {"0": False, "false": False, "1": True, "true": True}.get(given.text.strip())
        if answer is None:
            self._unreadable(given, name, field_name, "is neither 0 (no) nor 1 (yes)")
        return answer

    def text(self, name: str) -> str | None:
        given = self._one(name, "", False, "text")
        return given.text.strip() if given else None

    def group(self, name: str) -> Element | None:
        return self._one(name, "", False, "part", is_group=True)

    def all(self, name: str) -> Iterator[Element]:
        """Each element of this name; one that repeats another word for word is a problem, and left out."""
        self._known.add(name)
        seen: dict[tuple[object, ...], Element] = {}
        for element in self._by_name.get(name, ()):
            first = seen.setdefault(element.content(), element)
            if not element.children and not element.text.strip():
                continue
            if first is not element:
                self.tell(
                    element.line, name, f"says word for word what line {first.line} says; it was read once"
                )
            else:
                yield element

    def line_of(self, name: str) -> int:
        """The line on which the first element of this name stands, or of the whole if it has none."""
        return self._by_name[name][0].line if name in self._by_name else self.element.line

    def parts(self, name: str) -> Iterator["Fields"]:
        """The fields of each element of this name; each is finished before the next one comes."""
        for element in self.all(name):
            part = Fields(element, f"{self.path}/{name}", self.taken_on, self.problems)
            yield part
            part.finish()

    def ignore(self, *names: str) -> None:
        self._known.update(names)

    def finish(self) -> None:
        for name, elements in self._by_name.items():
            if name not in self._known:
                self.problems.extend(unknown(element, f"{self.path}/{name}") for element in elements)

    def _one(
        self, name: str, field_name: str, is_required: bool, what: str, is_group: bool = False
    ) -> Element | None:
        self._known.add(name)
        given = self._by_name.get(name, [])
        if len(given) > 1:
            self._unreadable(
                given[1], name, field_name, f"stands here more than once (first on line {given[0].line})"
            )
            return None
        if not given or (not is_group and not given[0].children and not given[0].text.strip()):
            if is_required:
                line = given[0].line if given else self.element.line
                self._unreadable_at(line, name, field_name, f"is missing; give its {what} in the case system")
            return None
        if not is_group and given[0].children:
            self._unreadable(given[0], name, field_name, f"holds other elements, not a {what}")
            return None
        return given[0]

    def _unreadable(self, given: Element, name: str, field_name: str, message: str) -> None:
        self._unreadable_at(given.line, name, field_name, message)

    def _unreadable_at(self, line: int, name: str, field_name: str, message: str) -> None:
        self.unread.add(field_name)
        self.tell(line, name, message)


def unknown(element: Element, path: str) -> FileProblem:
    return FileProblem(element.line, path, "is not an element of any year's census; it was not read")

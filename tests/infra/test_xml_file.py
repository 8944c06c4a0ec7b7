"""XML that comes from outside can neither reach outside its file nor swell."""

import io
from typing import Any

import pytest

from infra.files.xml_file import MAX_ELEMENTS, StrayText, Unreadable, read_elements

CONTAINERS = frozenset({("Message",), ("Message", "Children")})

BILLION_LAUGHS = (
    '<?xml version="1.0"?>\n<!DOCTYPE lolz [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{("&" + a + ";") * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>\n<Message><Children><Child>&i;</Child></Children></Message>"
)

HOSTILE = {
    "an empty file": b"",
    "only white space": b"  \n\n ",
    "JSON": b'{"children": []}',
    "a table": b"child,referred on\nC1,2024-01-01\n",
    "a zip archive": b"PK\x03\x04\x14\x00\x06\x00\x08\x00" + bytes(200),
    "a PDF": b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\n",
    "plain HTML": b"<!DOCTYPE html><html><body>Log in</body></html>",
    "another root": b"<Report><Children/></Report>",
    "billion laughs": BILLION_LAUGHS.encode(),
    "an external entity": b'<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]><Message>&x;</Message>',
    "an external document type": b'<!DOCTYPE Message SYSTEM "http://127.0.0.1:9/x.dtd"><Message/>',
    "a parameter entity": b'<!DOCTYPE m [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x"> %x;]><Message/>',
    "an entity nobody defined": b"<Message>&nobody;</Message>",
    "XInclude": (
        b'<Message xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="/etc/passwd"/></Message>'
    ),
    "a prefix nobody bound": b'<Message><xi:include href="/etc/passwd"/></Message>',
    "a truncated file": b"<Message><Children><Child><ChildIdentifiers>",
    "a truncated tag": b"<Message><Children><Chi",
    "two roots": b"<Message/><Message/>",
    "tags that cross": b"<Message><Children></Message></Children>",
    "an attribute given twice": b'<Message a="1" a="2"/>',
    "a NUL byte": b"<Message>\x00</Message>",
    "bytes that are not UTF-8": b"<Message><Children><Child>\xe9\xe8</Child></Children></Message>",
    "an encoding nobody knows": b'<?xml version="1.0" encoding="klingon"?><Message/>',
    "UTF-7": b'<?xml version="1.0" encoding="UTF-7"?><Message>+ADw-script+AD4-</Message>',
    "UTF-16 without its mark": '<?xml version="1.0" encoding="UTF-8"?><Message/>'.encode("utf-16-le"),
    "an encoding it is not in": b'<?xml version="1.0" encoding="UTF-16"?><Message/>',
    "endless depth": b"<Message><Children>" + b"<a>" * 100_000,
    "endless text": b"<Message><Children><Child>" + b"x" * 3_000_000 + b"</Child></Children></Message>",
    "an endless attribute": b'<Message><Children><Child a="' + b"x" * 3_000_000 + b'"/></Children></Message>',
    "an endless comment": b"<Message><!--" + b"x" * 3_000_000 + b"--></Message>",
    "endless elements": (
        b"<Message><Children><Child>" + b"<a/>" * (MAX_ELEMENTS + 1) + b"</Child></Children></Message>"
    ),
}  # fmt: skip


def collect(raw: bytes) -> list[Any]:
    return list(read_elements(io.BytesIO(raw), CONTAINERS))


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_and_foreign_files_are_unreadable_with_a_line(raw):
    with pytest.raises(Unreadable) as caught:
        collect(raw)
    assert caught.value.line >= 1
    assert caught.value.message
    assert "passwd" not in caught.value.message


def test_an_element_knows_its_line_however_far_down_the_file_it_stands():
    raw = b"<Message>\n<Children>\n" + b"<Child>\n<a>1</a>\n</Child>\n" * 100_000 + b"</Children></Message>"
    *_, (_, last) = collect(raw)
    assert (last.line, last.children[0].line) == (299_999 + 1, 299_999 + 2)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252"])
def test_every_usual_encoding_is_read(encoding):
    name = encoding.removesuffix("-sig")
    text = (
        f'<?xml version="1.0" encoding="{name}"?><Message><Children><Child>Zoë</Child></Children></Message>'
    )
    ((_, child),) = collect(text.encode(encoding))
    assert child.text == "Zoë"


def test_text_among_elements_is_found_where_it_stands():
    assert collect(b"<Message>\n<Children>\n stray\n</Children></Message>") == [
        StrayText(("Message", "Children"), 3)
    ]


def test_comments_and_instructions_say_nothing():
    raw = b"<?xml version='1.0'?><?xml-stylesheet href='x'?><Message><!-- <Child/> --><Children/></Message>"
    assert collect(raw) == []


def test_a_namespace_makes_no_difference():
    ((path, child),) = collect(b'<Message xmlns="urn:x"><Children><Child>1</Child></Children></Message>')
    assert (path[-1], child.name) == ("Child", "Child")


def test_elements_that_say_the_same_are_equal_wherever_they_stand():
    (_, a), (_, b), (_, c) = collect(
        b"<Message><Children><Child><a>1</a></Child>\n\n<Child> <a>1 </a></Child>"
        b"<Child><a>2</a></Child></Children></Message>"
    )
    assert a.content() == b.content() != c.content()

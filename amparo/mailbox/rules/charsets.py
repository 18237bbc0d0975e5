"""From octets to text, whatever charset was declared, rightly or not. Pure; never fails."""

from __future__ import annotations

import codecs
import re
import unicodedata

# What a label means in mail, where it is not what Python makes of it. Supersets, as browsers read them.
_MEANT = {
    "ascii": "cp1252", "us-ascii": "cp1252", "ansi_x3.4-1968": "cp1252", "iso-8859-1": "cp1252", "iso8859-1": "cp1252",
    "iso_8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "l1": "cp1252", "cp819": "cp1252",
    "windows-1252": "cp1252", "x-ansi": "cp1252", "iso-8859-9": "cp1254", "iso-8859-11": "cp874", "tis-620": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "gb_2312-80": "gb18030", "hz-gb-2312": "hz",
    "big5": "big5hkscs", "ks_c_5601-1987": "cp949", "euc-kr": "cp949", "shift_jis": "cp932", "shift-jis": "cp932",
    "x-sjis": "cp932", "windows-31j": "cp932", "iso-2022-jp": "iso2022_jp_ext", "unicode-1-1-utf-7": "utf_7",
    "utf7": "utf_7", "utf-7": "utf_7", "unicode-1-1-utf-8": "utf_8", "x-unicode-2-0-utf-8": "utf_8", "utf8": "utf_8",
    "iso-8859-8-i": "iso8859_8", "macintosh": "mac_roman", "x-mac-roman": "mac_roman", "utf-16": "utf_16",
}  # fmt: skip
# Codecs that turn octets into text and do no harm; Python knows others (punycode, idna, unicode_escape).
_KNOWN = re.compile(
    r"utf_(?:7|8|8_sig|16|16_le|16_be|32|32_le|32_be)|ascii|cp\d{3,4}|iso8859_\d{1,2}|koi8_[rut]|mac_\w{1,12}|kz1048|ptcp154"
    r"|gb18030|gbk|gb2312|hz|big5|big5hkscs|euc_(?:jp|jis_2004|jisx0213|kr)|johab|shift_jis(?:_2004|x0213)?|iso2022_(?:jp(?:_\w+)?|kr)|tis_620"
)
_SINGLE = re.compile(r"cp(?:125\d|437|850|852|874)|iso8859_\d{1,2}|ascii")
_BOMS = ((codecs.BOM_UTF8, "utf_8_sig"), (codecs.BOM_UTF16_LE, "utf_16"), (codecs.BOM_UTF16_BE, "utf_16"))
_LABEL_MAX = 60


def codec_of(label: str) -> str:
    """Return the codec for a declared charset, "" where it is unknown or no charset."""
    label = label.strip().strip("\"'").lower()[:_LABEL_MAX]
    name = _MEANT.get(label, label)
    if not name or not name.isascii():
        return ""
    try:
        name = codecs.lookup(name.replace("windows-", "cp")).name
    except (LookupError, ValueError):
        return ""
    name = name.replace("-", "_")
    return name if _KNOWN.fullmatch(name) else ""


def decode(octets: bytes, label: str = "") -> str:
    """Return the text of octets. The declared charset is tried first, but not believed where it cannot be.

    What is valid UTF-8 beyond ASCII is UTF-8, for no text of another charset is so by chance; what nothing explains
    is read as windows-1252.
    """
    for bom, codec in _BOMS:
        if octets.startswith(bom):
            return clean(octets.decode(codec, "replace"))
    codec = codec_of(label)
    if octets.isascii() and (not codec or _SINGLE.fullmatch(codec) or codec == "utf_8"):
        if not codec and (b"\x1b$" in octets or b"\x1b(" in octets):
            return _strictly(octets, "iso2022_jp_ext") or clean(octets.decode("ascii"))
        return clean(octets.decode("ascii"))
    if not codec or _SINGLE.fullmatch(codec) or codec == "utf_8":
        text = _strictly(octets, "utf_8")
        if text is not None:
            return text
        if codec == "utf_8" or not codec:
            return _damaged(octets)
    text = _strictly(octets, codec)
    return text if text is not None else clean(octets.decode(codec, "replace"))


def _strictly(octets: bytes, codec: str) -> str | None:
    try:
        return clean(octets.decode(codec))
    except (UnicodeError, LookupError, ValueError):
        return None


def _damaged(octets: bytes) -> str:
    """UTF-8 with a wound stays UTF-8; what has more wounds than letters was windows-1252 all along."""
    text = octets.decode("utf_8", "replace")
    wounds = text.count("\ufffd")
    letters = sum(1 for sign in text if sign > "\x7f") - wounds
    return clean(text if letters > wounds else octets.decode("cp1252", "replace"))


def clean(text: str) -> str:
    """Return a text that a database and JSON can keep: no NUL, no half of a pair."""
    text = text.replace("\x00", "")
    try:
        text.encode("utf_8")
    except UnicodeEncodeError:
        text = text.encode("utf_16", "surrogatepass").decode("utf_16", "replace")
    return text


def one_line(text: str, length: int = 1000) -> str:
    """Return a text as one line without control signs; what turns directions or hides is dropped. SEC-17, SEC-18."""
    kept = (sign for sign in text[: length * 4] if sign.isspace() or unicodedata.category(sign) not in ("Cc", "Cs", "Co"))
    return " ".join("".join(kept).split())[:length]

"""The light form of Spanish words: what a customer types and what stands in a text meet in it. SRC-2.

A stemmer needs accents that people do not type (instalacion, contrasena). The light form takes the accents away first and
then only cuts what a plural and a gender add; it is made alike here and by `es_light(text)` in the database, letter by letter.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

# Letters with a mark and the plain letter each becomes. The capitals of English follow; loose marks are dropped.
_MARKED: Final = (
    "ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭĮįİĴĵĶķĹĺĻļĽľŃńŅņŇňŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŨũŪūŬŭŮůŰű"
    "ŲųŴŵŶŷŸŹźŻżŽžſªºÆæØøĐđßŁłıŒœ"
)
_PLAIN: Final = (
    "aaaaaaceeeeiiiinooooouuuuyaaaaaaceeeeiiiinooooouuuuyyaaaaaaccccccccddeeeeeeeeeegggggggghhiiiiiiiiijjkkllllllnnnnnnoooooorrrrrrssssssssttttuuuuuuuuuu"
    "uuwwyyyzzzzzzsaoaaooddsllioo"
)
_CAPITALS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_DROPPED: Final = "".join(map(chr, (0x300, 0x301, 0x302, 0x303, 0x304, 0x306, 0x307, 0x308, 0x30A, 0x30B, 0x30C, 0x327, 0x328)))
_TABLE: Final = str.maketrans(_MARKED + _CAPITALS, _PLAIN + _CAPITALS.lower(), _DROPPED)
_ELSE, _PLURAL, _CE, _VOWEL = (
    re.compile(pattern) for pattern in ("[^a-z0-9]+", r"\b([a-z]{3,})s\b", r"\b([a-z]+)ce\b", r"\b([a-z]{2,})[aeo]\b")
)

# Words that stand in every text and tell nothing.
_STOP: Final = (
    "a al algo alguien alguna alguno ante aquí así aun aunque cada como con contra cual cuál cuando cuándo de del desde donde dónde dos e el él ella ellos en entre era es esa"
    " ese eso esta está están este esto estos estas estoy fue ha hace hacer hacia han hasta hay he i la las le les lo los mas más me mi mis mucho mucha muy nada ni no nos o os"
    " otra otro para pero poco por porque puede puedo pueden que qué quien quién se sea ser si sí sin sobre solo son soy su sus tal también tan te tengo tiene todo toda todos u un"
    " una uno unos unas vez y ya yo d l n s the a an and do for from how in is it my of on that this to what when why with you your"
)


def plain(text: str) -> str:
    """Return a text in small letters without accents or marks, words apart by one blank: nothing but a-z and 0-9.

    >>> plain("¿Instalación en Windows-10?")
    'instalacion en windows 10'
    """
    return _ELSE.sub(" ", text.translate(_TABLE)).strip(" ")


def light(text: str) -> str:
    """Return a text in its light form: plain, without the endings of plural and gender. As `es_light` in the database.

    >>> light("Las impresoras y la impresión, luces y luz")
    'las impresor y la impresion luz y luz'
    """
    return _VOWEL.sub(r"\1", _CE.sub(r"\1z", _PLURAL.sub(r"\1", _ELSE.sub(" ", text.translate(_TABLE))))).strip(" ")


STOP: Final = frozenset(form for word in _STOP.split() for form in (plain(word), light(word)))


@lru_cache(maxsize=20_000)
def light_word(word: str) -> str:
    """Return the light form of one word, remembered: the same words come again and again."""
    return light(word)

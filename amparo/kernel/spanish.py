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

# Words that stand in every text and tell nothing, in their light form.
_STOP: Final = (
    "a al algo alguien alguna alguno ante ant aqui asi aun aunqu cada como com con contra cual cuando cuand d del desd dond donde dos e el ella ello en entr entre era"
    " es esa ese eso esta est este esto estan estoy fue ha hac hace hacer hacia han hasta hast hay i la las l le lo los ma mas me mi mis mucho much muy n nada ni no nos o os otra otro otr"
    " para par pero per poco por porqu puede pued puedo pueden que qu quien s se sea ser si sin sobr sobre solo sol son soy su sus t tal tambien tan te tengo teng tiene tien todo tod u un una"
    " uno vez y ya yo the an and are can do for from how in is it my not of on or that thi to what when why with you your"
)
STOP: Final = frozenset(_STOP.split())


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


@lru_cache(maxsize=20_000)
def light_word(word: str) -> str:
    """Return the light form of one word, remembered: the same words come again and again."""
    return light(word)

"""Masking of private identifiers in public texts."""

from __future__ import annotations

from time import thread_time

import pytest

from amparo.kernel.ids import format_nic, make_nic
from amparo.kernel.masking import mask


@pytest.mark.parametrize(("text", "kind"), [
    ("escríbame a Lupita.Romero+pos@ejemplo.com.mx por favor", "email"),
    ("Mi NIC es " + format_nic(make_nic(10482)), "nic"),
    ("somos " + format_nic(make_nic(10482)), "nic"),
    ("la tarjeta ABCD-EFGH-2345-JKLM-NPQR no pasa", "card"),
    ("la tarjeta ABCD-EFGH-STUV-JKLM-NPQR no pasa", "card"),  # one code of three hundred has no digit
    ("serie MPOS-41003-1234", "serial"),
    ("tengo el MPOS-41003-1234 instalado", "serial"),
    ("Número de serie: 4100X123", "serial"),
    ("pagué con la 4111 1111 1111 1111 y nada", "payment"),
    ("pagué con la 4111-1111-1111-1111, vence 10/27", "payment"),
    ("tarjeta 5555555555554444", "payment"),
    ("mi American 378282246310005", "payment"),
    ("deposite a 032180000118359719", "clabe"),
    ("CLABE: 032 180 00011835971 9", "clabe"),
    ("mi contraseña es JKLMnop", "secret"), ("password: JKLMnop", "secret"), ("password JKLMnop7", "secret"),
])  # fmt: skip
def test_private_identifiers_are_masked(text, kind):
    """FOR-1"""
    masked, found = mask(text)
    assert kind in {one.kind for one in found} and "••••" in masked
    for secret in ("MPOS-41003", "10482", "Lupita.Romero", "JKLM", "4100X1", "1111", "5555", "2463", "0001183"):
        assert secret not in masked


@pytest.mark.parametrize("text", [
    "error CFDI40101", "versión 10.1.3", "el 2026-11-22 a las 10:30", "la licencia venció", "código de error 0x80070005",
    "SQLSTATE 42P01", "RFC-3339", "@lupita mire esto", "ORA-00942", "el código de barras 7501055300075", "GTIN 17501055300072",
    "IMEI 356938035643809", "el folio 4111111111111112", "la cuenta 032180000118359718", "SSCC 375010550000000017", "123456789012345678",
    "Me dice contraseña incorrecta", "la contraseña es incorrecta", "olvidé mi contraseña desde ayer", "una contraseña especial", "password required",
])  # fmt: skip
def test_what_people_search_by_stays(text):
    """FOR-1"""
    assert mask(text) == (text, ())


def test_masking_is_cheap_on_hostile_text():
    """SEC-23"""
    began = thread_time()
    for hostile in ("a" * 30_000, "a@" * 15_000, "1-" * 15_000, "ABCD-" * 6_000, "a." * 15_000 + "@", "NIC " * 7_500, "serie " * 5_000):
        mask(hostile)
    assert thread_time() - began < 5.0

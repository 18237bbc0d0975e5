"""What people of the large world write: Spanish words whose frequencies fall as those of a language do (Zipf)."""

# ruff: noqa: SIM905 (lists of words read better as text)

from __future__ import annotations

import random
from itertools import accumulate, product

WORDS_FROM, WORDS_TO = 15, 90
PARAGRAPH = 45
DRAWN = 500_000

_FREQUENT = (
    "de la que el en y a los se del las un por con no una su para es al lo como más pero sus le ya o este sí porque esta "
    "entre cuando muy sin sobre también me hasta hay donde desde todo nos durante todos uno les ni contra otros ese eso "
    "ante ellos esto antes algunos unos otro otras otra tanto esa estos mucho cual poco ella estar estas algo nosotros"
).split()
_MATTERS = (
    "sistema caja factura venta impresora error pantalla producto precio cliente inventario reporte usuario respaldo ticket "
    "terminal servidor red corte licencia versión actualización contraseña sucursal proveedor compra pago efectivo tarjeta "
    "lector código barras almacén existencia descuento impuesto timbrado folio certificado sello archivo ventana botón "
    "mensaje correo teclado cajón báscula turno apertura cierre cotización pedido remisión devolución nota crédito saldo "
    "cuenta catálogo departamento línea marca unidad medida lote caducidad promoción cupón puntos monedero kardex traspaso "
    "merma ajuste conteo etiqueta rollo papel cable puerto memoria disco equipo sesión permiso perfil bitácora consulta "
    "búsqueda filtro columna gráfica periodo ejercicio póliza asiento banco cheque transferencia conciliación retención"
).split()
_STEMS = (
    "factur imprim configur instal revis conect cobr vend compr cancel timbr respald actualiz captur elimin agreg guard "
    "carg descarg mostr cerr abr entr sal reinici esper llam intent funcion trab corr detect valid sincroniz export import "
    "consult calcul sum rest aplic asign autoriz bloque desbloque busc camb ped recib envi registr marc copi peg mov limpi "
    "prob comprob verific anot escrib le dict firm sell desconect enchuf apag prend cuadr descuadr duplic repit falt sobr "
    "acept rechaz devolv factor prepar surt empac etiquet pes med cont orden clasific agrup separ repart liquid abon adeud"
).split()
_BEFORE = ("", "re", "des", "pre", "auto", "sobre", "sub", "inter", "contra", "super")
_ENDINGS = (
    "ar ó aron amos ando ado ada ados adas a an e en é aba aban ará arán aría arse arlo arla arlos arme able ación aciones "
    "ador adora adores amiento amientos ante antes al ero era izar ista mente ura"
).split()
_OPENINGS = ("Buenos días", "Buenas tardes", "Hola", "Estimados", "Qué tal", "Gracias por su ayuda")


def vocabulary(dice: random.Random) -> list[str]:
    """Return about twenty thousand words, the commonest first."""
    forms = [f"{before}{stem}{ending}" for before, stem, ending in product(_BEFORE, _STEMS, _ENDINGS)]
    dice.shuffle(forms)
    syllables = [c + v for c, v in product("bcdfglmnprstvz", "aeiou")]
    brands = ["".join(dice.choices(syllables, k=dice.randint(3, 4))) + dice.choice("lnrsx") for _ in range(6_000)]
    middle = [*_MATTERS, *forms[:1_200]]
    dice.shuffle(middle)
    rare = [*forms[1_200:15_000], *brands]
    dice.shuffle(rare)
    return list(dict.fromkeys([*_FREQUENT, *_MATTERS[:40], *middle, *rare]))


class Writer:
    """Writes titles and messages; the same dice give the same words."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.words = vocabulary(dice)
        weights = accumulate(1 / (rank + 2.7) for rank in range(1, len(self.words) + 1))
        # Drawn once; a message reads some of it from anywhere, in leaps. Drawing each word would cost a minute.
        self.drawn = dice.choices(self.words, cum_weights=list(weights), k=DRAWN)

    def _some(self, count: int) -> list[str]:
        leap = self.dice.randrange(1, 40)
        start = self.dice.randrange(DRAWN - count * leap)
        return self.drawn[start : start + count * leap : leap]

    def title(self) -> str:
        chosen = self._some(self.dice.randint(2, 5))
        return f"{self.dice.choice(_MATTERS)} {' '.join(chosen)}".capitalize()

    def message(self) -> str:
        """Return 15 to 90 words in one or two paragraphs; one in ten names a folio."""
        dice = self.dice
        count = dice.randint(WORDS_FROM, WORDS_TO)
        chosen = self._some(count)
        if dice.random() < 0.1:
            chosen[count // 2] = f"folio {dice.randint(100_000, 999_999)}"
        if count <= PARAGRAPH:
            return f"{dice.choice(_OPENINGS)}: {' '.join(chosen)}."
        head, tail = " ".join(chosen[:PARAGRAPH]), " ".join(chosen[PARAGRAPH:])
        return f"{dice.choice(_OPENINGS)}: {head}.\n\n{tail.capitalize()}."


def as_html(body: str) -> str:
    """What `kernel.markdown.render` makes of a text without any markup, at a hundredth of its price (a test compares)."""
    return "".join(f"<p>{paragraph}</p>\n" for paragraph in body.split("\n\n"))

"""Finding a caller by telephone, NIC, name or address in one statement. TEL-1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection

from amparo.kernel.ids import format_nic
from amparo.people.rules import Sought, like, read_sought

CANDIDATES_MAX = 300  # taken from an index before they are ranked, whatever the word
DIGITS_MIN = 4


@dataclass(frozen=True, slots=True)
class Found:
    """A customer that answers what was sought, and the contact by whom it did, if any."""

    customer_id: int
    nic: str
    name: str
    phone: str
    is_active: bool
    contact_id: int | None = None
    user_id: int | None = None
    contact_name: str = ""
    company_role: str = ""

    @property
    def nic_shown(self) -> str:
        return format_nic(self.nic)


_SELECT = """
SELECT c.id, c.nic, c.name, coalesce(nullif(t.phone, ''), nullif(u.phone, ''), c.phone), c.is_active,
       t.id, u.id, coalesce(nullif(u.name, ''), u.email, ''), coalesce(t.company_role, ''), min(h.rank) AS rank
  FROM hits h
  JOIN people_customer c ON c.id = h.customer_id
  LEFT JOIN people_contact t ON t.id = h.contact_id
  LEFT JOIN people_user u ON u.id = t.user_id
 GROUP BY c.id, t.id, u.id
 ORDER BY rank, c.is_active DESC, c.name_plain, c.id, t.id LIMIT %(limit)s
"""

_BY_DIGITS = """
WITH hits AS (
  (SELECT id AS customer_id, NULL::bigint AS contact_id, CASE WHEN nic = %(nic)s THEN 0 ELSE 3 END AS rank
     FROM people_customer WHERE %(nic)s <> '' AND nic COLLATE "C" LIKE %(nic)s || '%%' ORDER BY nic COLLATE "C" LIMIT %(cap)s)
  UNION ALL
  (SELECT id, NULL, CASE WHEN phone_digits LIKE %(end)s THEN 1 ELSE 4 END
     FROM people_customer WHERE %(long)s AND phone_digits <> '' AND phone_digits LIKE %(any)s LIMIT %(cap)s)
  UNION ALL
  (SELECT customer_id, id, CASE WHEN phone_digits LIKE %(end)s THEN 1 ELSE 4 END
     FROM people_contact WHERE %(long)s AND phone_digits <> '' AND phone_digits LIKE %(any)s AND removed_at IS NULL LIMIT %(cap)s)
  UNION ALL
  (SELECT t.customer_id, t.id, CASE WHEN u.phone_digits LIKE %(end)s THEN 1 ELSE 4 END
     FROM (SELECT id, phone_digits FROM people_user
            WHERE %(long)s AND phone_digits <> '' AND phone_digits LIKE %(any)s LIMIT %(cap)s) u
     JOIN people_contact t ON t.user_id = u.id AND t.removed_at IS NULL)
)""" + _SELECT  # noqa: S608

_BY_EMAIL = """
WITH hits AS (
  (SELECT id AS customer_id, NULL::bigint AS contact_id, 1 AS rank FROM people_customer
    WHERE email <> '' AND lower(email) = %(email)s LIMIT %(cap)s)
  UNION ALL
  (SELECT t.customer_id, t.id, 0 FROM people_user u
     JOIN people_contact t ON t.user_id = u.id AND t.removed_at IS NULL WHERE lower(u.email) = %(email)s)
)""" + _SELECT  # noqa: S608

_BY_WORDS = """
WITH hits AS (
  SELECT * FROM (
    SELECT id AS customer_id, NULL::bigint AS contact_id,
           CASE WHEN name_plain = %(all)s THEN 0 WHEN name_plain LIKE %(start)s THEN 1 ELSE 3 END AS rank
      FROM people_customer WHERE {words} LIMIT %(cap)s) of_customers
  UNION ALL
  SELECT t.customer_id, t.id, CASE WHEN u.name_plain LIKE %(start)s THEN 2 ELSE 4 END
    FROM (SELECT id, name_plain FROM people_user WHERE {words} LIMIT %(cap)s) u
    JOIN people_contact t ON t.user_id = u.id AND t.removed_at IS NULL
)""" + _SELECT  # noqa: S608

_BY_LIKENESS = """
WITH hits AS (
  SELECT * FROM (
    SELECT id AS customer_id, NULL::bigint AS contact_id, 1 - word_similarity(%(all)s, name_plain) AS rank
      FROM people_customer WHERE name_plain %%> %(all)s ORDER BY 3 LIMIT %(cap)s) of_customers
  UNION ALL
  SELECT t.customer_id, t.id, 1.1 - word_similarity(%(all)s, u.name_plain)
    FROM (SELECT id, name_plain FROM people_user WHERE name_plain %%> %(all)s LIMIT %(cap)s) u
    JOIN people_contact t ON t.user_id = u.id AND t.removed_at IS NULL
)""" + _SELECT  # noqa: S608


def find(words: str, limit: int = 10) -> list[Found]:
    """Return customers and their contacts by telephone digits, NIC, e-mail or words of a name, best first. TEL-1.

    For the staff's eyes. Accents and capitals do not matter; where no name holds the words, names like them are
    returned (a slip of the pen). A serial is found by `products`.
    """
    sought = read_sought(words)
    if sought.email:
        return _rows(_BY_EMAIL, {"email": sought.email}, limit)
    if sought.digits or sought.nic:
        return _by_digits(sought, limit)
    return _by_words(sought, limit)


def _by_digits(sought: Sought, limit: int) -> list[Found]:
    if len(sought.nic) < 2 and len(sought.digits) < DIGITS_MIN:
        return []
    return _rows(
        _BY_DIGITS,
        {
            "nic": sought.nic,
            "long": len(sought.digits) >= DIGITS_MIN,
            "any": f"%{sought.digits}%",
            "end": f"%{sought.digits}" if len(sought.digits) >= 7 else "",
        },
        limit,
    )


def _by_words(sought: Sought, limit: int) -> list[Found]:
    plain = _plain(sought.words)
    if not any(len(word) >= 2 for word in plain):
        return []
    parameters: dict[str, Any] = {"all": " ".join(plain), "start": like(" ".join(plain)) + "%"}
    # A word of three letters and more is looked up by its trigrams, shorter ones by the start of the name.
    long = [word for word in plain if len(word) >= 3]
    conditions = [f"name_plain LIKE %(w{i})s" for i in range(len(plain))] if long else ["name_plain LIKE %(start)s"]
    parameters |= {f"w{i}": f"%{like(word)}%" for i, word in enumerate(plain)}
    found = _rows(_BY_WORDS.format(words=" AND ".join(conditions)), parameters, limit)
    return found or (_rows(_BY_LIKENESS, parameters, limit) if long else [])


def _plain(words: tuple[str, ...]) -> list[str]:
    """Return the words as names are compared; PostgreSQL's own dictionary decides what is an accent."""
    if not words:
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT array_agg(amparo_plain(w) ORDER BY n) FROM unnest(%s::text[]) WITH ORDINALITY AS x(w, n)", [list(words)])
        return cursor.fetchone()[0]


def _rows(sql: str, parameters: dict[str, Any], limit: int) -> list[Found]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {**parameters, "limit": limit, "cap": CANDIDATES_MAX})
        return [Found(*row[:-1]) for row in cursor.fetchall()]

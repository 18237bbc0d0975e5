"""Imports: read, judged row by row, all or nothing, again without duplicates. SEC-56."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from amparo.conftest import NOON
from amparo.contracts import commands
from amparo.contracts.commands.imports import judge
from amparo.contracts.errors import FileNotRead, ImportHasErrors, ImportOver
from amparo.contracts.imports import reading
from amparo.contracts.imports.columns import KINDS
from amparo.contracts.models import ImportRun, SupportContract
from amparo.history.models import Fact
from amparo.kernel.actor import SYSTEM
from amparo.kernel.refusals import NotPermitted
from amparo.kernel.sheets import as_csv, safe_cell
from amparo.ledger.models import Transfer
from amparo.people.models import Contact, Customer, Invitation, User
from amparo.products import commands as products
from amparo.products.models import Licence

from .conftest import left


@pytest.fixture
def upload(administrator):
    def act(kind: str, text: str | bytes, at=NOON) -> ImportRun:
        content = text.encode() if isinstance(text, str) else text
        return commands.upload_import(kind, content, f"{kind}.csv", actor=administrator, at=at)

    return act


@pytest.fixture
def bring(upload, administrator):
    def act(kind: str, text: str | bytes, at=NOON, **kwargs) -> ImportRun:
        return commands.apply_import(upload(kind, text, at), actor=administrator, at=at, **kwargs)

    return act


def errors(run: ImportRun) -> set[tuple[int, str]]:
    return {(row.number, name) for row in judge(run, at=NOON) for name, _text in row.errors}


CUSTOMERS = "Referencia;Nombre;Razón social;Tipo;Teléfono;Correo\r\nA-1;Peñón;Peñón, S.A.;empresa;55 1234 5678;hola@penon.mx\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_any_usual_encoding_and_separator_is_read(encoding, separator, bring):
    """A file as Excel, LibreOffice or a program writes it"""
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows(csv.reader(io.StringIO(CUSTOMERS), delimiter=";"))
    assert bring("customers", out.getvalue().encode(encoding)).summary["new"] == 1
    found = Customer.objects.get()
    assert (found.name, found.legal_name, found.phone) == ("Peñón", "Peñón, S.A.", "+525512345678")


@pytest.mark.parametrize("language", ["spanish", "english", "name"])
@pytest.mark.parametrize("kind", KINDS)
def test_headings_are_known_in_both_languages_and_the_template_reads(kind, language):
    """Templates to download"""
    columns = KINDS[kind].columns
    text = as_csv([[getattr(one, language).upper() for one in columns], [one.example for one in columns]]).decode()
    (row,) = reading.read(text, KINDS[kind].headings, KINDS[kind].required, rows_max=10)
    assert {one.name: one.example for one in columns} == dict(row.cells)


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=4), min_size=1, max_size=5))
def test_no_cell_that_we_write_is_a_formula(rows):
    """SEC-56"""
    written = as_csv(rows).decode("utf-8-sig")
    for line in csv.reader(io.StringIO(written, newline="")):
        for cell in line:
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r")) and "\x00" not in cell


@pytest.mark.parametrize("text", ["=1+1", "+52 55", "-3", "@SUM(A1)", "'=x", "Peña", "", "'"])
def test_what_we_wrote_reads_back_the_same(text):
    """SEC-56"""
    assert reading.cell(safe_cell(text)) == (text[1:] if text == "'=x" else text)


def test_formulas_are_kept_as_text_and_leave_harmless(bring):
    """SEC-56"""
    bring("customers", 'Referencia;Nombre\nA-1;"=HYPERLINK(""http://x"")"\n')
    name = Customer.objects.get().name
    assert name.startswith("=HYPERLINK")
    assert as_csv([[name]]).decode("utf-8-sig").startswith("\"'=HYPERLINK")


@pytest.mark.parametrize(
    "text",
    [
        "", "Referencia;Nombre\n", "Referencia\nA-1\n", "Referencia;Nombre;is_staff\nA-1;X;1\n", "Referencia;Nombre;Nombre\nA;B;C\n",
        "Referencia;Nombre\nA-1;X;de más\n", 'Referencia;Nombre\n"A-1;X\n', "\x00Referencia;Nombre\nA;B\n", b"\xff\xfeR\x00",
        b"PK\x03\x04\x00\x00", "<xml/>",
    ],
    ids=["empty", "no rows", "no name", "unknown column", "twice", "too many cells", "quote", "NUL", "cut UTF-16", "zip", "XML"],
)
def test_a_file_that_cannot_be_read_is_refused_beside_its_field(text, upload):
    """SEC-33, SEC-56"""
    with pytest.raises(FileNotRead) as refused:
        upload("customers", text)
    assert refused.value.field == "file" and not ImportRun.objects.exists()


def test_a_file_has_limits(upload):
    """SEC-56"""
    rows = "".join(f"A-{n};X\n" for n in range(5001))
    with pytest.raises(FileNotRead, match="5000"):
        upload("customers", "Referencia;Nombre\n" + rows)
    with pytest.raises(FileNotRead):
        upload("customers", b"x" * (reading.BYTES_MAX + 1))


def test_rows_are_numbered_as_a_spreadsheet_numbers_them(upload):
    """Every error by row"""
    run = upload("customers", 'Referencia;Nombre;Notas\nA-1;X;"dos\nlíneas"\n\nA-2;;\nA-3;Y;\nA-3;Z;\n')
    assert errors(run) == {(4, "name"), (6, "external_ref")}


def test_customers_new_changed_and_the_same(bring, upload):
    """Again changes nothing; an empty cell changes nothing"""
    bring("customers", CUSTOMERS)
    first = Customer.objects.get()
    assert bring("customers", CUSTOMERS).summary == {"new": 0, "changed": 0, "same": 1, "wrong": 0}
    changed = "Referencia;Nombre;Teléfono;Correo\nA-1;Peñón del Norte;;\nA-2;Otra;;\n"
    (row, _new) = judge(upload("customers", changed), at=NOON)
    assert (row.action, row.changes) == ("changed", [("name", "Peñón", "Peñón del Norte")])
    assert bring("customers", changed).summary == {"new": 1, "changed": 1, "same": 0, "wrong": 0}
    first.refresh_from_db()
    assert (first.name, first.phone, first.email) == ("Peñón del Norte", "+525512345678", "hola@penon.mx")
    assert Customer.objects.count() == 2


def test_a_customer_is_known_by_nic_too(bring, customer):
    """The NIC is the key where there is no reference"""
    bring("customers", f"NIC,Name,Reference\n{customer.nic_shown},Lupita y Asociados,LUP\n")
    customer.refresh_from_db()
    assert (customer.name, customer.external_ref) == ("Lupita y Asociados", "LUP")


def test_every_error_of_customers_is_listed(upload, customer, other_customer):
    """Every error by row, at once"""
    Customer.objects.filter(pk=other_customer.pk).update(external_ref="SUR", is_active=False)
    run = upload("customers", (
        "Referencia;NIC;Nombre;Tipo;País;Teléfono;Correo\n"
        ";;Sin clave;;;;\n"
        "B;10000-00;NIC malo;;;;\n"
        "C;;;sindicato;México;12;no@\n"
        "SUR;;Apagado;;;;\n"
        f"SUR;{customer.nic};De otro;;;;\n"
        "D;;" + "x" * 161 + ";;;;\n"
    ))
    assert errors(run) == {
        (2, "external_ref"), (3, "nic"), (4, "name"), (4, "kind"), (4, "country"), (4, "phone"), (4, "email"),
        (5, "external_ref"), (6, "external_ref"), (7, "name"),
    }


def test_one_wrong_row_stops_all(upload, administrator):
    """All or nothing"""
    run = upload("customers", "Referencia;Nombre\nA-1;Bien\nA-2;\n")
    with pytest.raises(ImportHasErrors) as refused:
        commands.apply_import(run, actor=administrator, at=NOON)
    assert [row.number for row in refused.value.context["rows"] if row.errors] == [3]
    assert not Customer.objects.exists()
    run.refresh_from_db()
    assert run.state == "checked"


def test_what_turns_wrong_between_looking_and_confirming_stops_all(upload, administrator, customer):
    """All or nothing, judged anew under the lock"""
    run = upload("customers", "Referencia;Nombre\nA-1;Bien\nLUP;Lupita\n")
    Customer.objects.filter(pk=customer.pk).update(external_ref="LUP", is_active=False)
    with pytest.raises(ImportHasErrors):
        commands.apply_import(run, actor=administrator, at=NOON)
    assert Customer.objects.count() == 1


def test_a_refusal_midway_undoes_what_was_written(upload, administrator, monkeypatch):
    """All or nothing: also where a command refuses what was judged right"""
    from amparo.contracts.imports import applying
    from amparo.people.errors import NameMissing

    run = upload("customers", "Referencia;Nombre\nA-1;Uno\nA-2;Dos\n")
    real = applying.people.register_customer

    def refuse_second(name, **kwargs):
        if name == "Dos":
            raise NameMissing(field="name")
        return real(name, **kwargs)

    monkeypatch.setattr(applying.people, "register_customer", refuse_second)
    with pytest.raises(ImportHasErrors) as refused:
        commands.apply_import(run, actor=administrator, at=NOON)
    assert [(row.number, row.errors[0][0]) for row in refused.value.context["rows"] if row.errors] == [(3, "name")]
    assert not Customer.objects.exists() and not Fact.objects.filter(name="customer.registered").exists()


def test_confirming_twice_imports_once(upload, administrator):
    """CHG-10"""
    run = upload("customers", CUSTOMERS)
    for _twice in range(2):
        run = commands.apply_import(run, actor=administrator, at=NOON)
    assert Customer.objects.count() == 1 and run.text == ""
    with pytest.raises(ImportOver):
        commands.drop_import(run, actor=administrator, at=NOON)


def test_a_dropped_file_is_gone_and_an_old_one_is_dropped(upload, administrator):
    """SEC-58"""
    run, old = upload("customers", CUSTOMERS), upload("customers", CUSTOMERS)
    commands.drop_import(run, actor=administrator, at=NOON)
    with pytest.raises(ImportOver):
        commands.apply_import(run, actor=administrator, at=NOON)
    assert commands.drop_old_imports(at=NOON + timedelta(days=8)) == 1
    old.refresh_from_db()
    assert (old.state, old.text) == ("dropped", "")


def test_contacts_are_written_down_or_invited(bring, customer):
    """An invitation only where it is asked for; a person keeps one user"""
    bring("contacts", f"Cliente;Correo;Nombre;Papel;Puesto\n{customer.nic_shown};Rosa@X.mx;Rosa;administrador;Jefa\n")
    contact = Contact.objects.get(user__email="rosa@x.mx")
    assert (contact.company_role, contact.title) == ("administrator", "Jefa") and not Invitation.objects.exists()
    assert not contact.user.has_usable_password() and not contact.user.staff_roles.exists()
    bring("contacts", f"Cliente;Correo;Nombre\n{customer.nic_shown};ana@x.mx;Ana\n", letters=True)
    assert Invitation.objects.get().email == "ana@x.mx" and not Contact.objects.filter(user__email="ana@x.mx").exists()


def test_contacts_changed_and_wrong(bring, upload, customer, other_customer, operator):
    """SEC-56: no right of the staff comes by a file"""
    Customer.objects.filter(pk=customer.pk).update(external_ref="LUP")
    text = "Cliente;Correo;Nombre;Papel\nLUP;rosa@x.mx;Rosa;administrador\n"
    bring("contacts", text)
    assert bring("contacts", text).summary["same"] == 1
    assert bring("contacts", "Cliente;Correo;Nombre;Puesto\nLUP;rosa@x.mx;Rosa;Jefa\n").summary["changed"] == 1
    run = upload("contacts", (
        "Cliente;Correo;Nombre;Papel\n"
        f"LUP;{operator.email};Oscar;miembro\n"
        "NADIE;b@x.mx;B;miembro\n"
        "LUP;c@x.mx;C;operador\n"
        "LUP;rosa@x.mx;Rosa;miembro\n"
        "LUP;rosa@x.mx;Rosa;miembro\n"
    ))
    assert errors(run) == {(2, "email"), (3, "customer"), (4, "company_role"), (6, "email")}
    assert User.objects.filter(email="rosa@x.mx").count() == 1


def test_licences(bring, upload, customer, other_customer, product):
    """LIC-1: the serial is the key"""
    text = f"Serie;Cliente;Producto;Terminales;Versión\nCAJA-0001-AAAA;{customer.nic};caja;3;10.1\nCAJA-0002-AAAA;{customer.nic};Caja;;\n"
    assert bring("licences", text).summary["new"] == 2
    assert bring("licences", text).summary["same"] == 2
    one = Licence.objects.get(serial_key="CAJA0001AAAA")
    assert (one.terminals, one.installed.version, one.version_source) == (3, "10.1", "confirmed")
    changed = f"Serie;Cliente;Producto;Terminales;Versión\ncaja 0001 aaaa;{customer.nic};caja;5;9.2\n"
    assert bring("licences", changed).summary["changed"] == 1
    one.refresh_from_db()
    assert (one.terminals, one.installed.version) == (5, "9.2")
    products.add_product("otro", "Otro", actor=SYSTEM, at=NOON)
    run = upload("licences", (
        "Serie;Cliente;Producto;Terminales;Versión\n"
        f"CAJA-0001-AAAA;{other_customer.nic};otro;0;\n"
        f"corto;{customer.nic};caja;1;\n"
        f"CAJA-0003-AAAA;{customer.nic};nada;1;\n"
        f"CAJA-0004-AAAA;{customer.nic};caja;uno;11.0\n"
        f"CAJA-0005-AAAA;{customer.nic};caja;1;\n"
        f"caja0005aaaa;{customer.nic};caja;1;\n"
    ))
    assert errors(run) == {
        (2, "customer"), (2, "product"), (2, "terminals"), (3, "serial"), (4, "product"), (5, "terminals"), (5, "version"), (7, "serial"),
    }


def test_contracts(bring, customer, plan):
    """CTR-1, LED-3: with what was used before"""
    text = (
        "Número;Cliente;Plan;Inicio;Eventos usados;Créditos usados\n"
        f"POL-1;{customer.nic_shown};plus;01/06/2026;5;40\nPOL-2;{customer.nic_shown};Plus;2024-01-01;;\n"
    )
    assert bring("contracts", text).summary["new"] == 2
    assert left(customer) == {"event": 7, "incident": 4, "credit": 0}
    transfers = Transfer.objects.count()
    assert bring("contracts", text).summary["same"] == 2
    assert SupportContract.objects.count() == 2 and Transfer.objects.count() == transfers
    assert SupportContract.objects.get(number="POL-1").starts_on == date(2026, 6, 1)


def test_a_contract_keeps_its_terms_against_a_file(bring, upload, customer, other_customer, plan):
    """CTR-1"""
    bring("contracts", f"Número;Cliente;Plan;Inicio\nPOL-1;{customer.nic};Plus;2026-06-01\n")
    other = commands.add_plan("Básico", events=1, actor=SYSTEM, at=NOON)
    commands.take_off_sale(other, actor=SYSTEM, at=NOON)
    run = upload("contracts", (
        "Número;Cliente;Plan;Inicio;Eventos usados\n"
        f"POL-1;{other_customer.nic};Básico;2026-06-02;\n"
        f"POL-2;{customer.nic};Nada;2026-13-01;\n"
        f"POL-3;{customer.nic};Plus;2026-06-01;13\n"
        f"POL-4;{customer.nic};Plus;2027-06-01;1\n"
        f"POL-5;{customer.nic};Básico;2026-06-01;\n"
        f"pol-6;{customer.nic};Plus;2026-06-01;\n"
        f"POL-6;{customer.nic};Plus;2026-06-01;\n"
    ))
    assert errors(run) == {
        (2, "customer"), (2, "plan"), (2, "starts_on"), (3, "plan"), (3, "starts_on"), (4, "used_event"), (5, "starts_on"), (6, "plan"),
        (8, "number"),
    }


def test_only_administrators_import(upload, operator, sales, contact):
    """ACC-11"""
    run = upload("customers", CUSTOMERS)
    for actor in (operator, sales, contact):
        with pytest.raises(NotPermitted):
            commands.upload_import("customers", CUSTOMERS.encode(), "x.csv", actor=actor, at=NOON)
        with pytest.raises(NotPermitted):
            commands.apply_import(run, actor=actor, at=NOON)
        with pytest.raises(NotPermitted):
            commands.drop_import(run, actor=actor, at=NOON)


def test_judging_takes_a_handful_of_statements_however_long_the_file(upload, customer, plan, product, django_assert_max_num_queries):
    """5,000 rows in reasonable time"""
    files = {
        "customers": "Referencia;Nombre\n" + "".join(f"A-{n};X\n" for n in range(300)),
        "contacts": "Cliente;Correo;Nombre\n" + "".join(f"{customer.nic};a{n}@x.mx;X\n" for n in range(300)),
        "licences": "Serie;Cliente;Producto\n" + "".join(f"CAJA{n:05};{customer.nic};caja\n" for n in range(300)),
        "contracts": "Número;Cliente;Plan;Inicio\n" + "".join(f"P{n};{customer.nic};Plus;2026-06-01\n" for n in range(300)),
    }
    for kind, text in files.items():
        run = upload(kind, text)
        with django_assert_max_num_queries(9):
            assert len(judge(run, at=NOON)) == 300


def test_the_whole_way_on_the_screen(administrator, customer, client_for):
    """Upload, look, confirm"""
    client = client_for(administrator)
    page = client.get(reverse("desk_contracts:imports"))
    assert page.status_code == 200
    wrong = SimpleUploadedFile("c.csv", b"Referencia;Nombre\nA-1;\n", content_type="text/csv")
    shown = client.post(reverse("desk_contracts:imports"), {"kind": "customers", "file": wrong, "key": "k1"}, follow=True)
    run = ImportRun.objects.get()
    assert b"A-1" in shown.content and b"is_staff" not in shown.content
    assert client.post(reverse("desk_contracts:import_apply", args=[run.pk])).status_code == 422
    assert client.post(reverse("desk_contracts:import_drop", args=[run.pk])).status_code == 302
    right = SimpleUploadedFile("<img src=x>.csv", b"Reference,Name\nA-1,\"<script>alert(1)</script>\"\n")
    shown = client.post(reverse("desk_contracts:imports"), {"kind": "customers", "file": right, "key": "k2"}, follow=True)
    assert b"<script>alert" not in shown.content and b"<img src=x" not in shown.content
    run = ImportRun.objects.get(state="checked")
    assert client.post(reverse("desk_contracts:import_apply", args=[run.pk]), follow=True).status_code == 200
    assert Customer.objects.filter(external_ref="A-1").exists()
    none = client.post(reverse("desk_contracts:imports"), {"kind": "customers", "key": "k3"})
    assert none.status_code == 422
    for kind in KINDS:
        assert client.get(reverse("desk_contracts:import_template", args=[kind])).content.startswith(b"\xef\xbb\xbf")
    assert client.get(reverse("desk_contracts:import_template", args=["users"])).status_code == 404

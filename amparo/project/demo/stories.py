"""What the customers of the demonstration ask, and what they are answered."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ticket:
    """A question or fault: title, the customer's words, the answer, the customer's reply."""

    title: str
    body: str
    answer: str
    reply: str = ""
    is_fault: bool = False
    tags: tuple[str, ...] = ()


TICKETS = (
    Ticket(
        "¿Cómo cambio el logotipo del ticket impreso?",
        "Quisiera que en el ticket salga el logotipo nuevo de la tienda. ¿Dónde se cambia y de qué tamaño debe ser?",
        "Se cambia en **Configuración › Impresión › Encabezado**. La imagen debe medir a lo más *384 puntos* de ancho, en blanco y negro, en PNG. Después de guardarla, imprima una prueba con el botón del mismo nombre.",
        "Quedó perfecto, muchas gracias.",
        tags=("impresión",),
    ),
    Ticket(
        "El corte de caja no coincide con las ventas del día",
        "Ayer el corte de la caja 2 marcó $350 menos que el reporte de ventas. Hicimos dos devoluciones por la tarde.",
        "Las devoluciones pagadas en efectivo se restan del corte, pero el reporte de ventas las muestra aparte. Revise **Reportes › Devoluciones** del mismo día: la suma debe explicar la diferencia.",
        "Sí, eran las devoluciones. Gracias por la explicación.",
        tags=("corte de caja",),
    ),
    Ticket(
        "Al cobrar con tarjeta la pantalla se queda en blanco",
        "Desde que actualizamos a la 10.1, al cobrar con tarjeta la pantalla se queda en blanco unos 20 segundos y luego sí cobra. Pasa en las tres cajas.",
        "Gracias por el detalle. Lo reproducimos con la terminal que usted tiene; lo marcamos como defecto de la versión 10.1 y le entregaremos la corrección.",
        is_fault=True,
        tags=("tarjeta", "defecto"),
    ),
    Ticket(
        "¿Se puede importar el catálogo desde Excel?",
        "Tenemos unos 2,300 artículos en una hoja de Excel con clave, descripción, precio y existencia. ¿Hay manera de subirlos sin capturar uno por uno?",
        "Sí. En **Artículos › Importar** descargue la plantilla, pegue sus columnas y súbala; antes de guardar verá los renglones con error.",
        tags=("catálogo",),
    ),
    Ticket(
        "No aparece el código de barras en las etiquetas",
        "Imprimimos etiquetas de 2×1 pulgadas y sale el precio pero no el código de barras. Antes sí salía.",
        "Revise que la etiqueta tenga al menos 5 mm libres a cada lado del código. Con la plantilla *Chica* se recorta; use *Mediana*.",
        tags=("etiquetas",),
    ),
    Ticket(
        "¿Cómo doy de alta a una cajera que solo venda?",
        "Entró una persona nueva y quiero que solo pueda vender y hacer su corte, que no vea costos ni utilidades.",
        "En **Usuarios › Nuevo** elija el perfil *Cajera*. Ese perfil no ve costos. Si quiere quitarle también las devoluciones, desmarque ese permiso.",
        "Listo, ya entró y no ve los costos.",
        tags=("usuarios",),
    ),
    Ticket(
        "La báscula no manda el peso a la venta",
        "Conectamos la báscula al puerto nuevo de la computadora y ya no manda el peso. Enciende bien y muestra el peso en su pantalla.",
        "Al cambiar de puerto cambia su nombre. En **Configuración › Báscula** elija el puerto *COM* nuevo y oprima *Probar*. Si no aparece ninguno, díganos el modelo de la báscula.",
        tags=("báscula",),
    ),
    Ticket(
        "¿Qué significa el error PV-0417 al facturar?",
        "Al facturar un ticket de ayer aparece «Error PV-0417» y no avanza. Otros tickets sí se facturan.",
        "PV-0417 quiere decir que el código postal del receptor no corresponde a su RFC. Pida a su cliente la constancia de situación fiscal y corrija el código postal.",
        "Era eso, ya se facturó.",
        tags=("facturación",),
    ),
    Ticket(
        "El inventario muestra existencias negativas",
        "Varios artículos aparecen con existencia negativa desde el fin de semana. No hicimos ajustes.",
        "",
        is_fault=True,
        tags=("inventario",),
    ),
    Ticket(
        "¿Puedo tener dos listas de precios, menudeo y mayoreo?",
        "Vendemos al público y también a otras tiendas. ¿Cómo manejo dos precios por artículo?",
        "",
        tags=("precios",),
    ),
    Ticket(
        "Respaldo automático: ¿dónde queda guardado?",
        "Veo que dice «respaldo automático a las 22:00», pero no encuentro el archivo.",
        "Queda en la carpeta que se muestra en **Configuración › Respaldos**; de fábrica es *Documentos › Mostrador › Respaldos* de la computadora principal.",
        tags=("respaldos",),
    ),
    Ticket(
        "Los precios con descuento se redondean mal",
        "Con 15 % de descuento en un artículo de $39.90 cobra $33.92 en la caja 1 y $33.91 en la caja 2.",
        "",
        is_fault=True,
        tags=("precios", "defecto"),
    ),
)


@dataclass(frozen=True, slots=True)
class CaseStory:
    """A case: kind, title, the customer's words, how it is classified, what was done, how it closes."""

    kind: str
    title: str
    body: str
    explanation: str
    work: str
    reason: str
    summary: str
    minutes: int = 18
    credits: int = 0


CASES = (
    CaseStory("incident", "No abre la caja 3 después de un apagón",
              "Se fue la luz y la caja 3 ya no abre: dice que no encuentra la base de datos. Las otras dos sí trabajan.",
              "Es un problema que diagnosticamos y resolvemos en línea. Se atiende como incidente.",
              "Revisé el servicio de la caja 3: la ruta del servidor se había perdido. La restablecí y verifiqué una venta de prueba.",
              "solved", "Se restableció la conexión de la caja 3 con el servidor y se comprobó con una venta de prueba. Se recomienda un regulador con respaldo.", 22),
    CaseStory("incident", "La impresora de tickets imprime caracteres extraños",
              "Desde la mañana la impresora imprime letras sin sentido. Ya la apagamos y encendimos.",
              "Es un problema que diagnosticamos y resolvemos en línea. Se atiende como incidente.",
              "El controlador se había cambiado al genérico tras una actualización de Windows. Instalé el correcto e imprimí tres pruebas.",
              "solved", "Se instaló el controlador correcto de la impresora y se imprimieron tres pruebas sin error.", 14),
    CaseStory("advisory", "Cómo configurar promociones de 3 por 2",
              "Queremos promociones de 3 por 2 en toda la línea de bebidas, solo fines de semana.",
              "Es asesoría para que ustedes lo configuren. Se atiende como evento.",
              "Configuramos juntos la promoción *3 × 2* por departamento y por días; ustedes hicieron la segunda.",
              "information_complete", "Se explicó cómo crear promociones por departamento y por día de la semana. Quedaron dos creadas por el cliente.", 24),
    CaseStory("advisory", "Dudas sobre el cierre de mes y el inventario físico",
              "Es nuestro primer cierre con el sistema y queremos hacerlo bien.",
              "Es asesoría para que ustedes lo realicen. Se atiende como evento.",
              "Repasamos el orden: pausar ventas, contar, capturar, comparar y ajustar.",
              "information_complete", "Se explicó el procedimiento de cierre de mes con inventario físico y se envió la lista de pasos.", 27),
    CaseStory("general", "Importar el catálogo de 4,800 artículos",
              "Nos cambiamos de otro sistema y tenemos el catálogo en varios archivos con formatos distintos.",
              "Es un servicio general: limpieza e importación de datos. Lo cotizamos en créditos antes de hacerlo.",
              "Unificamos los archivos, quitamos duplicados e importamos 4,762 artículos.",
              "service_completed", "Se limpiaron e importaron 4,762 artículos; se entregó el reporte de 38 renglones descartados.", 0, 12),
    CaseStory("development", "Reporte de ventas por vendedor y por hora",
              "Necesitamos un reporte que muestre ventas por vendedor y por hora para acomodar turnos.",
              "Es un desarrollo a la medida. Lo especificamos y cotizamos en créditos antes de hacerlo.",
              "Se desarrolló el reporte con filtros de fecha y sucursal y salida a Excel.",
              "delivered", "Se entregó el reporte «Ventas por vendedor y hora», con filtros de fecha y sucursal.", 0, 20),
    CaseStory("incident", "El lector de códigos duplica cada lectura",
              "El lector nuevo mete dos veces cada artículo en la venta.",
              "Es un problema que diagnosticamos y resolvemos en línea. Se atiende como incidente.",
              "El lector estaba en modo de prueba. Se cambió su configuración con el código del fabricante.",
              "not_technically_possible", "El lector tiene un defecto de fábrica y no puede corregirse por configuración.", 26),
)  # fmt: skip

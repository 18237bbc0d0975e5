"""What the helper says, in the Spanish of Mexico and in English."""

from __future__ import annotations

from typing import Any

SPANISH = {
    "for_case": "Caso {case}: {title}",
    "minutes": "Tiempo: hasta {minutes} min. Se graba y queda en su caso.",
    "any_time": "Puede detenerlo cuando quiera: {key} o el botón «Detener».",
    "button_view": "Solo ver",
    "button_control": "Permitir control",
    "button_no": "No permitir",
    "button_yes": "Permitir",
    "again_control": "{engineer} pide usar su teclado y su ratón.",
    "clipboard": "{engineer} pide compartir el portapapeles (solo texto) hasta el final de la sesión.",
    "terminal_start": "Escriba «ver», «controlar» o «no», y la tecla Entrar: ",
    "terminal_first": "Escriba «ver» o «no», y la tecla Entrar: ",
    "terminal_yes": "Escriba «sí» o «no», y la tecla Entrar: ",
    "waiting": "Esperando a {engineer}",
    "lost": "Se perdió la conexión. Se intenta de nuevo.",
    "left": "quedan {minutes} min",
    "left_seconds": "quedan {seconds} s",
    "stop": "Detener",
    "take_back": "Solo ver",
    "clipboard_on": "portapapeles compartido",
    "declined": "No dio permiso. Nadie vio su pantalla.",
    "stopped": "Usted detuvo la sesión. Ya nadie ve su pantalla.",
    "ended": "La sesión terminó. Ya nadie ve su pantalla.",
    "time_over": "Se acabó el tiempo. Ya nadie ve su pantalla.",
    "not_resumed": "No se pudo volver a conectar en un minuto. Ya nadie ve su pantalla. Para seguir, pida otro código.",
    "nonsense": "El servicio envió algo que este programa no acepta, y la sesión se cerró. Ya nadie ve su pantalla.",
    "banner_gone": "El aviso de la pantalla se cerró, y sin él no se comparte nada. Ya nadie ve su pantalla.",
    "refused": "No se puede usar este código. Pida otro a quien le atiende.",
    "not_reached": "No se puede llegar a {server}. Revise la dirección y la conexión a internet.",
    "certificate": "{server} no demuestra ser quien dice ser (certificado). No se envió nada.",
    "authority": "No se puede leer la autoridad del archivo de --ca. No se envió nada.",
    "insecure": "La dirección tiene que empezar con https://. Sin cifrar solo se acepta esta misma computadora.",
    "code_form": "El código tiene nueve cifras, por ejemplo 123 456 789.",
    "code_prompt": "Código de nueve cifras: ",
    "wayland": "Esta sesión usa Wayland, y ahí un programa no puede mostrar ni controlar la pantalla por este medio. Comparta su pantalla desde el "
    "navegador: {server}/r/ (solo ver). Para permitir control, entre con una sesión «Xorg» o «X11».",
    "macos": "En macOS este programa no puede mostrar ni controlar la pantalla. Comparta su pantalla desde el navegador: {server}/r/ (solo ver).",
    "windows": "En Windows use el programa amparo-remote.exe, que se descarga en {server}/r/.",
    "no_screen": "No hay una pantalla X11 que mostrar. Abra este programa en la computadora y la sesión gráfica que quiere compartir.",
    "key": "Ctrl+Alt+Mayús+S",
    "key_other": "la tecla Pausa",
    "key_none": "el botón «Detener»",
    "session": "Sesión remota",
    "seen": "la ve",
    "used": "la ve y la controla",
    "paused": "en pausa: se acabó el tiempo del caso",
    "away": "se perdió la conexión de quien le atiende",
    "no_clipboard": "Quitar portapapeles",
    "stop_with": "Detener: {key}",
    "terminal_stop": "Para detener escriba «detener», o use {key}.",
    "asks": "{engineer}, de {vendor}, quiere ver su pantalla",
    "asks_control": "{engineer}, de {vendor}, quiere ver y controlar su pantalla",
    "no_answer": "Nadie contestó. Nadie vio su pantalla.",
}
ENGLISH = {
    "for_case": "Case {case}: {title}",
    "minutes": "Time: up to {minutes} min. It is recorded and kept with your case.",
    "any_time": "You can stop it at any time: {key} or the button “Stop”.",
    "button_view": "View only",
    "button_control": "Allow control",
    "button_no": "Do not allow",
    "button_yes": "Allow",
    "again_control": "{engineer} asks to use your keyboard and mouse.",
    "clipboard": "{engineer} asks to share the clipboard (text only) until the session ends.",
    "terminal_start": "Type “view”, “control” or “no”, and Enter: ",
    "terminal_first": "Type “view” or “no”, and Enter: ",
    "terminal_yes": "Type “yes” or “no”, and Enter: ",
    "waiting": "Waiting for {engineer}",
    "lost": "The connection was lost. Trying again.",
    "left": "{minutes} min left",
    "left_seconds": "{seconds} s left",
    "stop": "Stop",
    "take_back": "View only",
    "clipboard_on": "clipboard shared",
    "declined": "You did not allow it. Nobody saw your screen.",
    "stopped": "You stopped the session. Nobody sees your screen any more.",
    "ended": "The session has ended. Nobody sees your screen any more.",
    "time_over": "The time is over. Nobody sees your screen any more.",
    "not_resumed": "The connection did not come back within a minute. Nobody sees your screen any more. To go on, ask for another code.",
    "nonsense": "The service sent something that this program does not accept, and the session was closed. Nobody sees your screen any more.",
    "banner_gone": "The notice on the screen was closed, and without it nothing is shared. Nobody sees your screen any more.",
    "refused": "This code cannot be used. Ask whoever attends you for another one.",
    "not_reached": "{server} cannot be reached. Check the address and the internet connection.",
    "certificate": "{server} does not prove that it is who it says (certificate). Nothing was sent.",
    "authority": "The authority in the file of --ca cannot be read. Nothing was sent.",
    "insecure": "The address must begin with https://. Without encryption only this same computer is accepted.",
    "code_form": "The code has nine digits, for example 123 456 789.",
    "code_prompt": "Code of nine digits: ",
    "wayland": "This session uses Wayland, where a program can neither show nor control the screen in this way. Share your screen from the browser: "
    "{server}/r/ (view only). To allow control, sign in with an “Xorg” or “X11” session.",
    "macos": "On macOS this program can neither show nor control the screen. Share your screen from the browser: {server}/r/ (view only).",
    "windows": "On Windows use the program amparo-remote.exe, which is downloaded at {server}/r/.",
    "no_screen": "There is no X11 screen to show. Start this program on the computer and in the graphical session that you want to share.",
    "key": "Ctrl+Alt+Shift+S",
    "key_other": "the Pause key",
    "key_none": "the button “Stop”",
    "session": "Remote session",
    "seen": "sees it",
    "used": "sees and controls it",
    "paused": "paused: the time of the case is over",
    "away": "the connection of whoever attends you was lost",
    "no_clipboard": "Stop sharing clipboard",
    "stop_with": "Stop: {key}",
    "terminal_stop": "To stop type “stop”, or use {key}.",
    "asks": "{engineer}, of {vendor}, wants to see your screen",
    "asks_control": "{engineer}, of {vendor}, wants to see and control your screen",
    "no_answer": "Nobody answered. Nobody saw your screen.",
}


class Words:
    """The texts of one language: English for "en…", else Spanish."""

    def __init__(self, language: str) -> None:
        self.language = "en" if language.lower().startswith("en") else "es"
        self.texts = ENGLISH if self.language == "en" else SPANISH

    def __call__(self, name: str, **values: Any) -> str:
        return self.texts[name].format(**values)


ANSWERS = {
    "view": "view", "ver": "view", "v": "view", "control": "control", "controlar": "control", "c": "control",
    "no": "no", "n": "no", "yes": "yes", "y": "yes", "stop": "stop", "detener": "stop", "si": "yes", "sí": "yes", "s": "yes",
}  # fmt: skip

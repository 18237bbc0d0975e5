// Keys of other keyboards: what the key at a place writes in another layout, for an engineer whose own keyboard differs from
// what must be written. Rows: code of the key, then what it writes alone, with Shift, with AltGr. Dead keys wait for a letter.
const LETTERS = [..."abcdefghijklmnopqrstuvwxyz"].map((one) => [`Key${one.toUpperCase()}`, one, one.toUpperCase()]);
const DIGITS = (shifted, altgr = "") => [..."1234567890"].map((one, at) => [`Digit${one}`, one, shifted[at], altgr[at]?.trim()]);
const COMMON = [["Space", " ", " "]];
const US = [
  ...LETTERS, ...DIGITS("!@#$%^&*()"), ["Backquote", "`", "~"], ["Minus", "-", "_"], ["Equal", "=", "+"], ["BracketLeft", "[", "{"],
  ["BracketRight", "]", "}"], ["Backslash", "\\", "|"], ["Semicolon", ";", ":"], ["Quote", "'", '"'], ["Comma", ",", "<"],
  ["Period", ".", ">"], ["Slash", "/", "?"], ["IntlBackslash", "<", ">"], ...COMMON,
];
const LATAM = [
  ...LETTERS.filter(([code]) => code !== "KeyQ"), ["KeyQ", "q", "Q", "@"], ...DIGITS('!"#$%&/()='), ["Backquote", "|", "°", "¬"],
  ["Minus", "'", "?", "\\"], ["Equal", "¿", "¡"], ["BracketLeft", "dead´", "dead¨"], ["BracketRight", "+", "*", "~"], ["Backslash", "}", "]", "dead`"],
  ["Semicolon", "ñ", "Ñ"], ["Quote", "{", "[", "dead^"], ["Comma", ",", ";"], ["Period", ".", ":"], ["Slash", "-", "_"], ["IntlBackslash", "<", ">"], ...COMMON,
];
const ES = [
  ...LETTERS.filter(([code]) => code !== "KeyE"), ["KeyE", "e", "E", "€"], ...DIGITS('!"·$%&/()=', "|@#~€¬    "), ["Backquote", "º", "ª", "\\"],
  ["Minus", "'", "?"], ["Equal", "¡", "¿"], ["BracketLeft", "dead`", "dead^", "["], ["BracketRight", "+", "*", "]"], ["Backslash", "ç", "Ç", "}"],
  ["Semicolon", "ñ", "Ñ"], ["Quote", "dead´", "dead¨", "{"], ["Comma", ",", ";"], ["Period", ".", ":"], ["Slash", "-", "_"], ["IntlBackslash", "<", ">"], ...COMMON,
];
const LAYOUTS = Object.fromEntries(Object.entries({ us: US, latam: LATAM, es: ES }).map(([name, rows]) => [name, new Map(rows.map(([code, ...signs]) => [code, signs]))]));
const COMBINING = { "´": "\u0301", "`": "\u0300", "^": "\u0302", "¨": "\u0308" };
const SHIFT = 0xffe1;

/** The keysym that writes a character. */
export function keysymOf(sign) {
  const point = sign.codePointAt(0);
  if (sign === "\n") return 0xff0d;
  if (sign === "\t") return 0xff09;
  return point < 0x100 ? point : 0x01000000 + point;
}

/** Write one character, with Shift down for capitals as at a keyboard. */
export function write(rfb, sign) {
  const capital = sign !== sign.toLowerCase();
  if (capital) rfb.sendKey(SHIFT, "ShiftLeft", true);
  rfb.sendKey(keysymOf(sign), null);
  if (capital) rfb.sendKey(SHIFT, "ShiftLeft", false);
}

/** What keys write in a chosen layout; `take` returns true where it wrote something itself. */
export class Layout {
  constructor() { this.name = ""; this.dead = ""; }

  take(rfb, event) {
    const rows = LAYOUTS[this.name];
    if (!rows || event.ctrlKey !== event.getModifierState("AltGraph") && event.ctrlKey || event.metaKey || (event.altKey && !event.getModifierState("AltGraph"))) return false;
    const signs = rows.get(event.code);
    if (!signs) return false;
    const level = event.getModifierState("AltGraph") ? 2 : event.shiftKey !== (event.getModifierState("CapsLock") && /^Key|Semicolon/.test(event.code)) ? 1 : 0;
    const sign = signs[level];
    if (!sign) return false;
    if (event.type !== "keydown") return true;
    if (sign.startsWith("dead")) { this.dead = sign[4]; return true; }
    let written = sign;
    if (this.dead) {
      const joined = (sign + COMBINING[this.dead]).normalize("NFC");
      written = joined.length === 1 ? joined : this.dead + sign;
      this.dead = "";
    }
    for (const one of written) rfb.sendKey(keysymOf(one), null);
    return true;
  }
}

/* Keys and pointer by SendInput. A key that is no modifier is pressed and released at once: nothing is held when consent ends. */
#include "amparo.h"

typedef struct { uint32_t keysym; WORD key; bool extended; } Special;
static const Special specials[] = {
    {0xFF08, VK_BACK, 0}, {0xFF09, VK_TAB, 0}, {0xFE20, VK_TAB, 0}, {0xFF0D, VK_RETURN, 0}, {0xFF8D, VK_RETURN, 1}, {0xFF1B, VK_ESCAPE, 0},
    {0xFFFF, VK_DELETE, 1}, {0xFF50, VK_HOME, 1}, {0xFF51, VK_LEFT, 1}, {0xFF52, VK_UP, 1}, {0xFF53, VK_RIGHT, 1}, {0xFF54, VK_DOWN, 1},
    {0xFF55, VK_PRIOR, 1}, {0xFF56, VK_NEXT, 1}, {0xFF57, VK_END, 1}, {0xFF63, VK_INSERT, 1}, {0xFF67, VK_APPS, 1}, {0xFF61, VK_SNAPSHOT, 1},
    {0xFF14, VK_SCROLL, 0}, {0xFF7F, VK_NUMLOCK, 1}, {0xFFE5, VK_CAPITAL, 0}, {0xFF13, VK_PAUSE, 0},
    {0xFFE1, VK_LSHIFT, 0}, {0xFFE2, VK_RSHIFT, 1}, {0xFFE3, VK_LCONTROL, 0}, {0xFFE4, VK_RCONTROL, 1}, {0xFFE9, VK_LMENU, 0}, {0xFFEA, VK_RMENU, 1},
    {0xFE03, VK_RMENU, 1}, {0xFFE7, VK_LWIN, 1}, {0xFFE8, VK_RWIN, 1}, {0xFFEB, VK_LWIN, 1}, {0xFFEC, VK_RWIN, 1},
    {0xFFAA, VK_MULTIPLY, 0}, {0xFFAB, VK_ADD, 0}, {0xFFAD, VK_SUBTRACT, 0}, {0xFFAE, VK_DECIMAL, 0}, {0xFFAF, VK_DIVIDE, 1},
};
#define MODIFIERS_MAX 16
static Special held[MODIFIERS_MAX];
static int held_count, buttons_down;

static void press(WORD key, WORD scan, DWORD flags) {
    INPUT input = {.type = INPUT_KEYBOARD};
    input.ki = (KEYBDINPUT){key, scan, flags, 0, MAGIC_OF_INPUT};
    SendInput(1, &input, sizeof input);
}

static void press_special(const Special *special, bool down) {
    press(special->key, (WORD)MapVirtualKeyW(special->key, MAPVK_VK_TO_VSC), (special->extended ? KEYEVENTF_EXTENDEDKEY : 0) | (down ? 0 : KEYEVENTF_KEYUP));
}

static bool is_modifier(uint32_t keysym) { return (keysym >= 0xFFE1 && keysym <= 0xFFEE && keysym != 0xFFE5) || keysym == 0xFE03; }

static bool find(uint32_t keysym, Special *into) {
    for (size_t n = 0; n < sizeof specials / sizeof *specials; n++)
        if (specials[n].keysym == keysym) {
            *into = specials[n];
            return true;
        }
    if (keysym >= 0xFFBE && keysym <= 0xFFD5) {
        *into = (Special){keysym, (WORD)(VK_F1 + keysym - 0xFFBE), false};
        return true;
    }
    if (keysym >= 0xFFB0 && keysym <= 0xFFB9) {
        *into = (Special){keysym, (WORD)(VK_NUMPAD0 + keysym - 0xFFB0), false};
        return true;
    }
    return false;
}

static void modifier(const Special *special, bool down) {
    int at = 0;
    while (at < held_count && held[at].keysym != special->keysym) at++;
    if (down && at == held_count && held_count < MODIFIERS_MAX) {
        held[held_count++] = *special;
        press_special(special, true);
    } else if (!down && at < held_count) {
        press_special(special, false);
        held[at] = held[--held_count];
    }
}

/* Return the character of a keysym, 0 where it has none. */
static uint32_t character(uint32_t keysym) {
    if ((keysym >= 0x20 && keysym <= 0x7E) || (keysym >= 0xA0 && keysym <= 0xFF)) return keysym;
    if (keysym >= 0x01000100 && keysym <= 0x0110FFFF) return keysym & 0xFFFFFF;
    return keysym == 0x20AC ? 0x20AC : keysym == 0x13BC ? 0x152 : keysym == 0x13BD ? 0x153 : 0;
}

static void type(uint32_t code) {
    wchar_t parts[2] = {(wchar_t)code, 0};
    int count = 1;
    if (code > 0xFFFF) {
        parts[0] = (wchar_t)(0xD800 + ((code - 0x10000) >> 10));
        parts[1] = (wchar_t)(0xDC00 + (code & 0x3FF));
        count = 2;
    }
    for (int n = 0; n < count; n++) press(0, parts[n], KEYEVENTF_UNICODE);
    for (int n = 0; n < count; n++) press(0, parts[n], KEYEVENTF_UNICODE | KEYEVENTF_KEYUP);
}

void input_key(uint32_t keysym, bool down) {
    Special special;
    if (find(keysym, &special)) {
        if (is_modifier(keysym)) {
            modifier(&special, down);
        } else if (down) {
            press_special(&special, true);
            press_special(&special, false);
        }
        return;
    }
    uint32_t code = character(keysym);
    if (!down || !code) return;
    bool command = false;
    for (int n = 0; n < held_count; n++) command |= held[n].key != VK_LSHIFT && held[n].key != VK_RSHIFT && held[n].keysym != 0xFE03;
    SHORT found = command && code < 0xFFFF ? VkKeyScanW((wchar_t)code) : -1;
    if (found != -1) {
        special = (Special){keysym, (WORD)(found & 0xFF), false};
        press_special(&special, true);
        press_special(&special, false);
    } else {
        type(code);
    }
}

static void mouse(DWORD flags, LONG x, LONG y, DWORD data) {
    INPUT input = {.type = INPUT_MOUSE};
    input.mi = (MOUSEINPUT){x, y, data, flags, 0, MAGIC_OF_INPUT};
    SendInput(1, &input, sizeof input);
}

void input_pointer(int buttons, int x, int y, const Area *area) {
    static const DWORD down[] = {MOUSEEVENTF_LEFTDOWN, MOUSEEVENTF_MIDDLEDOWN, MOUSEEVENTF_RIGHTDOWN};
    static const DWORD up[] = {MOUSEEVENTF_LEFTUP, MOUSEEVENTF_MIDDLEUP, MOUSEEVENTF_RIGHTUP};
    x = x < area->width ? x : area->width - 1;
    y = y < area->height ? y : area->height - 1;
    mouse(MOUSEEVENTF_MOVE | MOUSEEVENTF_ABSOLUTE | MOUSEEVENTF_VIRTUALDESK, (LONG)(((long long)x * 65536 + area->width - 1) / area->width),
          (LONG)(((long long)y * 65536 + area->height - 1) / area->height), 0);
    bool ours = ui_is_ours(x + area->left, y + area->top);
    for (int n = 0; n < 3; n++)
        if ((buttons ^ buttons_down) & 1 << n && !(ours && buttons & 1 << n)) {
            mouse(buttons & 1 << n ? down[n] : up[n], 0, 0, 0);
            buttons_down ^= 1 << n;
        }
    int turned = buttons & ~buttons_down;
    if (turned & 8) mouse(MOUSEEVENTF_WHEEL, 0, 0, WHEEL_DELTA);
    if (turned & 16) mouse(MOUSEEVENTF_WHEEL, 0, 0, (DWORD)-WHEEL_DELTA);
    if (turned & 32) mouse(MOUSEEVENTF_HWHEEL, 0, 0, (DWORD)-WHEEL_DELTA);
    if (turned & 64) mouse(MOUSEEVENTF_HWHEEL, 0, 0, WHEEL_DELTA);
    buttons_down = (buttons_down & 7) | (buttons & 0x78);
}

void input_release(void) {
    static const DWORD up[] = {MOUSEEVENTF_LEFTUP, MOUSEEVENTF_MIDDLEUP, MOUSEEVENTF_RIGHTUP};
    while (held_count) press_special(&held[--held_count], false);
    for (int n = 0; n < 3; n++)
        if (buttons_down & 1 << n) mouse(up[n], 0, 0, 0);
    buttons_down = 0;
}

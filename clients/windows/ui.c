/* What the customer sees: the window that asks, the banner that stays on top, the keys that stop; and the clipboard. */
#include "amparo.h"
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define DELIBERATE_MS 700 /* a click that was meant for something else does not answer a question */
#define BUTTONS_MAX 4
#define FIRST_BUTTON 100
#define EDIT_SERVER 201
#define EDIT_CODE 202
enum { BANNER_STOP, BANNER_REVOKE, BANNER_CLIPBOARD, BANNER_BUTTONS };

static HINSTANCE program;
static Said told;
static HWND home, asking, banner, edit_server, edit_code;
static HFONT large, normal;
static int dots = 96;
static ULONGLONG asked_at;
static wchar_t values[BUTTONS_MAX][16];
static struct { wchar_t text[2 * WORDS_MAX], left[64], stop[64]; COLORREF colour; bool may_revoke, has_clipboard, at_bottom, stands; RECT buttons[BANNER_BUTTONS]; } shown;
static bool clipboard_shared, clipboard_ours;

static int scaled(int pixels) { return MulDiv(pixels, dots, 96); }
static bool injected(void) { return (ULONG_PTR)GetMessageExtraInfo() == MAGIC_OF_INPUT; }

static HFONT font(int size, int weight) {
    return CreateFontW(-scaled(size), 0, 0, 0, weight, FALSE, FALSE, FALSE, DEFAULT_CHARSET, 0, 0, CLEARTYPE_QUALITY, 0, L"Segoe UI");
}

static int width_of(const wchar_t *text, HFONT with) {
    SIZE size;
    HDC dc = GetDC(NULL);
    HGDIOBJ old = SelectObject(dc, with);
    GetTextExtentPoint32W(dc, text, (int)wcslen(text), &size);
    SelectObject(dc, old);
    ReleaseDC(NULL, dc);
    return size.cx;
}

static int height_of(const wchar_t *text, HFONT with, int width) {
    RECT box = {0, 0, width, 0};
    HDC dc = GetDC(NULL);
    HGDIOBJ old = SelectObject(dc, with);
    DrawTextW(dc, text, -1, &box, DT_CALCRECT | DT_WORDBREAK | DT_NOPREFIX);
    SelectObject(dc, old);
    ReleaseDC(NULL, dc);
    return box.bottom;
}

static HWND child(const wchar_t *kind, const wchar_t *text, DWORD style, int x, int y, int width, int height, int id, HFONT with) {
    HWND made = CreateWindowExW(0, kind, text, WS_CHILD | WS_VISIBLE | style, x, y, width, height, asking, (HMENU)(INT_PTR)id, program, NULL);
    SendMessageW(made, WM_SETFONT, (WPARAM)with, TRUE);
    return made;
}

static LRESULT CALLBACK asking_window(HWND window, UINT message, WPARAM w, LPARAM l) {
    if (message == WM_COMMAND && LOWORD(w) >= FIRST_BUTTON && LOWORD(w) < FIRST_BUTTON + BUTTONS_MAX && window == asking) {
        if (injected() || GetTickCount64() - asked_at < DELIBERATE_MS) return 0;
        const wchar_t *value = values[LOWORD(w) - FIRST_BUTTON];
        if (edit_code && !wcscmp(value, L"go")) {
            wchar_t both[700], code[64];
            GetWindowTextW(edit_server, both, 600);
            GetWindowTextW(edit_code, code, 64);
            wcscat(wcscat(both, L"\n"), code);
            told(SAID_START, both);
        } else {
            told(SAID_ANSWER, value);
        }
        return 0;
    }
    if (message == WM_CLOSE) {
        if (window == asking) told(SAID_ANSWER, L"no");
        return 0;
    }
    if (message == WM_CTLCOLORSTATIC) {
        SetBkMode((HDC)w, TRANSPARENT);
        return (LRESULT)GetSysColorBrush(COLOR_WINDOW);
    }
    return DefWindowProcW(window, message, w, l);
}

static void open_asking(const wchar_t *title, const wchar_t *text, const Button *buttons, int count, bool start) {
    int width = scaled(540), margin = scaled(24), inner = width - 2 * margin, y = margin, x = margin;
    ui_withdraw();
    asking = CreateWindowExW(WS_EX_TOPMOST | WS_EX_DLGMODALFRAME, L"AmparoAsk", word(W_TITLE), WS_POPUP | WS_CAPTION | WS_SYSMENU, 0, 0, 10, 10, NULL, NULL, program,
                             NULL);
    if (!asking) return;
    int tall = height_of(title, large, inner);
    child(L"STATIC", title, SS_NOPREFIX, margin, y, inner, tall, 0, large);
    y += tall + scaled(12);
    tall = height_of(text, normal, inner);
    child(L"STATIC", text, SS_NOPREFIX, margin, y, inner, tall, 0, normal);
    y += tall + scaled(16);
    if (start) {
        child(L"STATIC", word(W_SERVER), SS_NOPREFIX, margin, y, inner, scaled(22), 0, normal);
        edit_server = child(L"EDIT", L"", WS_TABSTOP | WS_BORDER | ES_AUTOHSCROLL, margin, y + scaled(24), inner, scaled(30), EDIT_SERVER, normal);
        child(L"STATIC", word(W_CODE), SS_NOPREFIX, margin, y + scaled(64), inner, scaled(22), 0, normal);
        edit_code = child(L"EDIT", L"", WS_TABSTOP | WS_BORDER | ES_AUTOHSCROLL, margin, y + scaled(88), inner, scaled(30), EDIT_CODE, normal);
        y += scaled(136);
    }
    for (int n = 0; n < count && n < BUTTONS_MAX; n++) { /* all of the same weight, none of them chosen beforehand */
        int across = width_of(buttons[n].label, normal) + scaled(32);
        if (x > margin && x + across > width - margin) x = margin, y += scaled(48);
        wcsncpy(values[n], buttons[n].value, 15);
        child(L"BUTTON", buttons[n].label, WS_TABSTOP | BS_PUSHBUTTON, x, y, across, scaled(36), FIRST_BUTTON + n, normal);
        x += across + scaled(12);
    }
    RECT frame = {0, 0, width, y + scaled(36) + margin};
    AdjustWindowRectEx(&frame, WS_POPUP | WS_CAPTION | WS_SYSMENU, FALSE, WS_EX_TOPMOST | WS_EX_DLGMODALFRAME);
    int across = frame.right - frame.left, down = frame.bottom - frame.top;
    SetWindowPos(asking, HWND_TOPMOST, (GetSystemMetrics(SM_CXSCREEN) - across) / 2, (GetSystemMetrics(SM_CYSCREEN) - down) / 3, across, down,
                 SWP_SHOWWINDOW | (start ? 0 : SWP_NOACTIVATE));
    asked_at = GetTickCount64();
}

void ui_ask(const wchar_t *title, const wchar_t *text, const Button *buttons, int count) { open_asking(title, text, buttons, count, false); }

void ui_start(const wchar_t *server, const wchar_t *code, const wchar_t *notice) {
    Button buttons[] = {{word(W_GO), L"go"}, {word(W_CANCEL), L"no"}};
    open_asking(word(W_TITLE), notice ? notice : word(W_START), buttons, 2, true);
    SetWindowTextW(edit_server, server);
    SetWindowTextW(edit_code, code);
    SetFocus(server[0] ? edit_code : edit_server);
}

void ui_withdraw(void) {
    HWND old = asking;
    asking = edit_server = edit_code = NULL;
    if (old) DestroyWindow(old);
}

void ui_tell(const wchar_t *text) { MessageBoxW(NULL, text, word(W_TITLE), MB_OK | MB_TOPMOST | MB_SETFOREGROUND); }

/* The banner. */

static void draw_banner(HDC dc) {
    RECT all, box;
    const wchar_t *labels[] = {shown.stop, word(W_VIEW), word(W_NO_CLIPBOARD)};
    bool there[] = {true, shown.may_revoke, shown.has_clipboard};
    GetClientRect(banner, &all);
    HBRUSH brush = CreateSolidBrush(shown.colour);
    FillRect(dc, &all, brush);
    DeleteObject(brush);
    SelectObject(dc, normal);
    SetBkMode(dc, TRANSPARENT);
    SetTextColor(dc, RGB(255, 255, 255));
    box = (RECT){scaled(14), 0, all.right, all.bottom};
    DrawTextW(dc, shown.text, -1, &box, DT_SINGLELINE | DT_VCENTER | DT_NOPREFIX | DT_END_ELLIPSIS);
    box.left = scaled(30) + width_of(shown.text, normal);
    DrawTextW(dc, shown.left, -1, &box, DT_SINGLELINE | DT_VCENTER | DT_NOPREFIX);
    int right = all.right - scaled(12);
    for (int n = 0; n < BANNER_BUTTONS; n++) {
        SetRectEmpty(&shown.buttons[n]);
        if (!there[n]) continue;
        shown.buttons[n] = (RECT){right - width_of(labels[n], normal) - scaled(24), scaled(7), right, all.bottom - scaled(7)};
        FillRect(dc, &shown.buttons[n], GetStockObject(WHITE_BRUSH));
        SetTextColor(dc, n == BANNER_STOP ? RGB(158, 32, 24) : RGB(24, 32, 36));
        DrawTextW(dc, labels[n], -1, &shown.buttons[n], DT_SINGLELINE | DT_VCENTER | DT_CENTER | DT_NOPREFIX);
        right = shown.buttons[n].left - scaled(12);
    }
}

static void place_banner(void) {
    int wide = scaled(14 + 16 + 16 + 12) + width_of(shown.text, normal) + width_of(shown.left, normal) + width_of(shown.stop, normal) + scaled(36);
    if (shown.may_revoke) wide += width_of(word(W_VIEW), normal) + scaled(36);
    if (shown.has_clipboard) wide += width_of(word(W_NO_CLIPBOARD), normal) + scaled(36);
    int screen = GetSystemMetrics(SM_CXSCREEN), tall = scaled(44);
    wide = wide < screen ? wide : screen;
    SetWindowPos(banner, HWND_TOPMOST, (screen - wide) / 2, shown.at_bottom ? GetSystemMetrics(SM_CYSCREEN) - tall : 0, wide, tall, SWP_NOACTIVATE | SWP_SHOWWINDOW);
}

static LRESULT CALLBACK banner_window(HWND window, UINT message, WPARAM w, LPARAM l) {
    PAINTSTRUCT paint;
    POINT at = {(short)LOWORD(l), (short)HIWORD(l)};
    switch (message) {
    case WM_PAINT:
        draw_banner(BeginPaint(window, &paint));
        EndPaint(window, &paint);
        return 0;
    case WM_LBUTTONDOWN:
        if (injected()) return 0;
        if (PtInRect(&shown.buttons[BANNER_STOP], at)) told(SAID_STOP, NULL);
        else if (PtInRect(&shown.buttons[BANNER_REVOKE], at)) told(SAID_REVOKE, NULL);
        else if (PtInRect(&shown.buttons[BANNER_CLIPBOARD], at)) told(SAID_NO_CLIPBOARD, NULL);
        else shown.at_bottom = !shown.at_bottom, place_banner(); /* out of the way: to the other edge */
        return 0;
    case WM_WINDOWPOSCHANGING: /* nobody hides it, and nobody puts it below */
        ((WINDOWPOS *)l)->flags &= ~(UINT)SWP_HIDEWINDOW;
        ((WINDOWPOS *)l)->hwndInsertAfter = HWND_TOPMOST;
        return 0;
    case WM_MOUSEACTIVATE: return MA_NOACTIVATE;
    case WM_TIMER:
        SetWindowPos(window, HWND_TOPMOST, 0, 0, 0, 0, SWP_NOMOVE | SWP_NOSIZE | SWP_NOACTIVATE | SWP_SHOWWINDOW);
        if (asking) SetWindowPos(asking, HWND_TOPMOST, 0, 0, 0, 0, SWP_NOMOVE | SWP_NOSIZE | SWP_NOACTIVATE);
        return 0;
    case WM_CLOSE: return 0;
    case WM_DESTROY:
        shown.stands = false;
        told(SAID_GONE, NULL);
        return 0;
    default: return DefWindowProcW(window, message, w, l);
    }
}

void ui_banner(const wchar_t *text, const wchar_t *left, COLORREF colour, const wchar_t *stop, bool may_revoke, bool has_clipboard) {
    bool same = banner && !wcscmp(shown.text, text) && !wcscmp(shown.left, left) && !wcscmp(shown.stop, stop) && shown.colour == colour &&
                shown.may_revoke == may_revoke && shown.has_clipboard == has_clipboard;
    if (same) return;
    wcsncpy(shown.text, text, sizeof shown.text / sizeof(wchar_t) - 1);
    wcsncpy(shown.left, left, sizeof shown.left / sizeof(wchar_t) - 1);
    wcsncpy(shown.stop, stop, sizeof shown.stop / sizeof(wchar_t) - 1);
    shown.colour = colour;
    shown.may_revoke = may_revoke;
    shown.has_clipboard = has_clipboard;
    if (!banner) {
        banner = CreateWindowExW(WS_EX_TOPMOST | WS_EX_TOOLWINDOW | WS_EX_NOACTIVATE, L"AmparoBanner", L"Amparo", WS_POPUP, 0, 0, 10, 10, NULL, NULL, program, NULL);
        SetTimer(banner, 1, 500, NULL);
    }
    place_banner();
    RedrawWindow(banner, NULL, NULL, RDW_INVALIDATE | RDW_UPDATENOW);
    shown.stands = banner != NULL;
}

bool ui_banner_stands(void) { return shown.stands && IsWindowVisible(banner); }

static bool within(HWND window, POINT at) {
    RECT box;
    return window && GetWindowRect(window, &box) && PtInRect(&box, at);
}

bool ui_is_ours(int x, int y) { return within(banner, (POINT){x, y}) || within(asking, (POINT){x, y}); }

/* The clipboard: text, only while it is shared. */

void ui_share_clipboard(bool on) { clipboard_shared = on; }

void ui_offer_clipboard(const wchar_t *text) {
    size_t length = wcslen(text), at = 0;
    HGLOBAL held = clipboard_shared ? GlobalAlloc(GMEM_MOVEABLE, (length * 2 + 1) * sizeof(wchar_t)) : NULL;
    wchar_t *to = held ? GlobalLock(held) : NULL;
    if (!to) return;
    for (size_t n = 0; n < length; n++) {
        if (text[n] == '\n') to[at++] = '\r';
        to[at++] = text[n];
    }
    to[at] = 0;
    GlobalUnlock(held);
    if (!OpenClipboard(home)) {
        GlobalFree(held);
        return;
    }
    clipboard_ours = true;
    EmptyClipboard();
    if (!SetClipboardData(CF_UNICODETEXT, held)) GlobalFree(held);
    CloseClipboard();
}

static void copied(void) {
    if (!clipboard_shared || clipboard_ours || GetClipboardOwner() == home || !OpenClipboard(home)) {
        clipboard_ours = false;
        return;
    }
    HANDLE held = GetClipboardData(CF_UNICODETEXT);
    const wchar_t *text = held ? GlobalLock(held) : NULL;
    size_t room = text ? GlobalSize(held) / sizeof(wchar_t) : 0;
    if (text && wcsnlen(text, room) < room && wcslen(text) <= CLIPBOARD_MAX) told(SAID_COPIED, text);
    if (text) GlobalUnlock(held);
    CloseClipboard();
}

static LRESULT CALLBACK home_window(HWND window, UINT message, WPARAM w, LPARAM l) {
    if (message == WM_HOTKEY) {
        told(SAID_STOP, NULL);
        return 0;
    }
    if (message == WM_CLIPBOARDUPDATE) {
        copied();
        return 0;
    }
    WNDPROC messages = (WNDPROC)GetWindowLongPtrW(window, GWLP_USERDATA);
    return messages ? messages(window, message, w, l) : DefWindowProcW(window, message, w, l);
}

HWND ui_begin(HINSTANCE instance, Said said, WNDPROC messages) {
    WNDCLASSW kinds[] = {
        {.lpfnWndProc = home_window, .lpszClassName = L"AmparoHome"},
        {.lpfnWndProc = asking_window, .lpszClassName = L"AmparoAsk", .hbrBackground = (HBRUSH)(COLOR_WINDOW + 1)},
        {.lpfnWndProc = banner_window, .lpszClassName = L"AmparoBanner", .style = CS_HREDRAW | CS_VREDRAW},
    };
    program = instance;
    told = said;
    HDC dc = GetDC(NULL);
    dots = GetDeviceCaps(dc, LOGPIXELSX);
    ReleaseDC(NULL, dc);
    large = font(20, FW_SEMIBOLD);
    normal = font(15, FW_NORMAL);
    for (int n = 0; n < 3; n++) {
        kinds[n].hInstance = instance;
        kinds[n].hCursor = LoadCursorW(NULL, (const wchar_t *)IDC_ARROW);
        RegisterClassW(&kinds[n]);
    }
    home = CreateWindowExW(0, L"AmparoHome", L"Amparo", 0, 0, 0, 0, 0, NULL, NULL, instance, NULL);
    SetWindowLongPtrW(home, GWLP_USERDATA, (LONG_PTR)messages);
    RegisterHotKey(home, 1, MOD_CONTROL | MOD_ALT | MOD_SHIFT | MOD_NOREPEAT, 'S');
    RegisterHotKey(home, 2, MOD_NOREPEAT, VK_PAUSE);
    AddClipboardFormatListener(home);
    return home;
}

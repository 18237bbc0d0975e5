/* A window for the tests: writes what is typed into it, and its clicks, to the file that is named. */
#define UNICODE
#include <windows.h>
#include <shellapi.h>
#include <stdio.h>

static HWND edit, button;
static wchar_t *path;
static int clicks;

static void keep(void) {
    wchar_t text[4000];
    char plain[12000];
    int length = GetWindowTextW(edit, text, 4000);
    int bytes = WideCharToMultiByte(CP_UTF8, 0, text, length, plain, sizeof plain, NULL, NULL);
    FILE *file = _wfopen(path, L"wb");
    if (!file) return;
    fprintf(file, "%d\n", clicks);
    fwrite(plain, 1, (size_t)bytes, file);
    fclose(file);
}

static LRESULT CALLBACK messages(HWND window, UINT message, WPARAM w, LPARAM l) {
    if (message == WM_COMMAND) {
        clicks += (HWND)l == button && HIWORD(w) == BN_CLICKED;
        if (edit) keep();
        return 0;
    }
    if (message == WM_DESTROY) PostQuitMessage(0);
    return DefWindowProcW(window, message, w, l);
}

int WINAPI WinMain(HINSTANCE instance, HINSTANCE before, LPSTR command, int how) {
    int count;
    MSG message;
    wchar_t **words = CommandLineToArgvW(GetCommandLineW(), &count);
    WNDCLASSW kind = {.lpfnWndProc = messages, .hInstance = instance, .lpszClassName = L"Typed", .hbrBackground = (HBRUSH)(COLOR_WINDOW + 1)};
    (void)before, (void)command, (void)how;
    path = words[count - 1];
    RegisterClassW(&kind);
    HWND window = CreateWindowW(L"Typed", L"Typed", WS_POPUP | WS_VISIBLE, 40, 420, 420, 260, NULL, NULL, instance, NULL);
    edit = CreateWindowW(L"EDIT", L"", WS_CHILD | WS_VISIBLE | ES_MULTILINE, 0, 60, 420, 200, window, NULL, instance, NULL);
    button = CreateWindowW(L"BUTTON", L"Click", WS_CHILD | WS_VISIBLE, 10, 10, 120, 40, window, NULL, instance, NULL);
    keep();
    SetFocus(edit);
    while (GetMessageW(&message, NULL, 0, 0) > 0) TranslateMessage(&message), DispatchMessageW(&message);
    return 0;
}

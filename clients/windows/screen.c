/* What is on the screen: all monitors as one picture, by BitBlt, with the pointer drawn in. */
#include "amparo.h"
#include <string.h>

Area screen_area(void) {
    return (Area){GetSystemMetrics(SM_XVIRTUALSCREEN), GetSystemMetrics(SM_YVIRTUALSCREEN), GetSystemMetrics(SM_CXVIRTUALSCREEN),
                  GetSystemMetrics(SM_CYVIRTUALSCREEN)};
}

static bool begin(Screen *screen) {
    BITMAPINFO form = {.bmiHeader = {sizeof(BITMAPINFOHEADER), screen->area.width, -screen->area.height, 1, 32, BI_RGB, 0, 0, 0, 0, 0}};
    size_t bytes = (size_t)screen->area.width * (size_t)screen->area.height * 4;
    screen->dc = CreateCompatibleDC(NULL);
    screen->bitmap = CreateDIBSection(screen->dc, &form, DIB_RGB_COLORS, (void **)&screen->now, NULL, 0);
    screen->before = VirtualAlloc(NULL, bytes, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    screen->fresh = true;
    return screen->dc && screen->bitmap && screen->before && SelectObject(screen->dc, screen->bitmap);
}

void screen_forget(Screen *screen) {
    if (screen->dc) DeleteDC(screen->dc);
    if (screen->bitmap) DeleteObject(screen->bitmap);
    if (screen->before) VirtualFree(screen->before, 0, MEM_RELEASE);
    memset(screen, 0, sizeof *screen);
}

static void draw_pointer(const Screen *screen) {
    CURSORINFO pointer = {.cbSize = sizeof pointer};
    ICONINFO icon;
    if (!GetCursorInfo(&pointer) || !(pointer.flags & CURSOR_SHOWING) || !GetIconInfo(pointer.hCursor, &icon)) return;
    int x = pointer.ptScreenPos.x - screen->area.left - (int)icon.xHotspot, y = pointer.ptScreenPos.y - screen->area.top - (int)icon.yHotspot;
    DrawIconEx(screen->dc, x, y, pointer.hCursor, 0, 0, 0, NULL, DI_NORMAL);
    if (icon.hbmColor) DeleteObject(icon.hbmColor);
    if (icon.hbmMask) DeleteObject(icon.hbmMask);
}

/* Take the picture of now. False where Windows lets nobody look: the lock screen, a question for the administrator's rights. */
bool screen_grab(Screen *screen) {
    Area area = screen_area();
    if (area.width < 1 || area.height < 1) return false;
    if (!screen->dc || memcmp(&area, &screen->area, sizeof area)) {
        screen_forget(screen);
        screen->area = area;
        if (!begin(screen)) {
            screen_forget(screen);
            return false;
        }
    }
    HDC from = GetDC(NULL);
    bool good = from && BitBlt(screen->dc, 0, 0, area.width, area.height, from, area.left, area.top, SRCCOPY);
    if (from) ReleaseDC(NULL, from);
    GdiFlush();
    if (good) draw_pointer(screen);
    return good;
}

bool screen_differs(const Screen *screen, int x, int y, int width, int height) {
    if (screen->fresh) return true;
    for (int row = y; row < y + height; row++) {
        size_t at = (size_t)row * (size_t)screen->area.width + (size_t)x;
        if (memcmp(screen->now + at, screen->before + at, (size_t)width * 4)) return true;
    }
    return false;
}

/* The one thread that sends: what the window says, and a picture for each request, only of what changed, only while it is open. */
#include "amparo.h"
#include "frames.h"
#include <stdlib.h>
#include <string.h>

#define TILE 64
#define BETWEEN_MS 33
#define AFTER_INPUT_MS 10
#define IDLE_MS 100

typedef struct Letter { struct Letter *next; Line *line; bool text; size_t length; char bytes[]; } Letter;

static CRITICAL_SECTION guard;
static HANDLE wake;
static Letter *first, **last = &first;
static Line *to;
static Wishes wishes;
static bool is_open, wanted, whole;
static unsigned view; /* counts the viewers: a picture that was drawn for one is not for the next, though the line is the same */
static ULONGLONG touched_at, changed_at;
static int queued;
static Screen screen;

static void post(Line *line, bool text, const void *bytes, size_t length) {
    Letter *letter = line ? malloc(sizeof *letter + length + 1) : NULL;
    if (!letter) return;
    *letter = (Letter){.line = line, .text = text, .length = length};
    memcpy(letter->bytes, bytes, length);
    letter->bytes[length] = 0;
    EnterCriticalSection(&guard);
    *last = letter;
    last = &letter->next;
    queued++;
    LeaveCriticalSection(&guard);
    SetEvent(wake);
}

void say(Line *line, const char *text) { post(line, true, text, strlen(text)); }
void say_bytes(Line *line, const void *bytes, size_t length) { post(line, false, bytes, length); }

bool said_all(int milliseconds) {
    for (int waited = 0; waited < milliseconds; waited += 10) {
        EnterCriticalSection(&guard);
        bool empty = !queued;
        LeaveCriticalSection(&guard);
        if (empty) return true;
        Sleep(10);
    }
    return false;
}

static void send_letters(void) {
    for (;;) {
        EnterCriticalSection(&guard);
        Letter *letter = first;
        if (letter && !(first = letter->next)) last = &first;
        LeaveCriticalSection(&guard);
        if (!letter) return;
        if (letter->text) line_text(letter->line, letter->bytes);
        else line_bytes(letter->line, letter->bytes, letter->length);
        free(letter);
        EnterCriticalSection(&guard);
        queued--;
        LeaveCriticalSection(&guard);
    }
}

/* Paint a band of tiles: each changed tile is one rectangle. */
static int paint_band(Buffer *buffer, int y, int height, const Wishes *how) {
    int count = 0, stride = screen.area.width;
    for (int x = 0; x < stride; x += TILE) {
        int width = stride - x < TILE ? stride - x : TILE;
        if (!screen_differs(&screen, x, y, width, height)) continue;
        encode_rectangle(buffer, screen.now + (size_t)y * (size_t)stride + x, stride, x, y, width, height, how);
        count++;
    }
    return count;
}

static bool picture(Buffer *buffer, Wishes *how) {
    int count = 0;
    if (!screen_grab(&screen)) return false;
    put_16(buffer, 0);
    put_16(buffer, 0);
    if (screen.area.width != how->width || screen.area.height != how->height) {
        how->width = screen.area.width;
        how->height = screen.area.height;
        screen.fresh = true;
        put_32(buffer, 0);
        put_16(buffer, how->width);
        put_16(buffer, how->height);
        put_32(buffer, (uint32_t)-223);
        count = 1;
        if (!how->sizes) return false;
    } else {
        for (int y = 0; y < screen.area.height; y += TILE)
            count += paint_band(buffer, y, screen.area.height - y < TILE ? screen.area.height - y : TILE, how);
        if (count) memcpy(screen.before, screen.now, (size_t)screen.area.width * (size_t)screen.area.height * 4);
        screen.fresh = screen.fresh && !count;
    }
    buffer->bytes[2] = (unsigned char)(count >> 8);
    buffer->bytes[3] = (unsigned char)count;
    return count && !buffer->broken;
}

static DWORD pause_now(void) {
    ULONGLONG now = GetTickCount64();
    return now - touched_at < 250 ? AFTER_INPUT_MS : now - changed_at < 2000 ? BETWEEN_MS : IDLE_MS;
}

static DWORD WINAPI work(void *nothing) {
    (void)nothing;
    for (;;) {
        Buffer buffer = {0};
        WaitForSingleObject(wake, IDLE_MS);
        send_letters();
        EnterCriticalSection(&guard);
        Line *line = is_open && wanted ? to : NULL;
        Wishes how = wishes;
        unsigned mine = view;
        if (line && whole) screen.fresh = true;
        whole = line ? false : whole;
        LeaveCriticalSection(&guard);
        if (!line) continue;
        ULONGLONG began = GetTickCount64();
        bool drawn = picture(&buffer, &how);
        EnterCriticalSection(&guard);
        bool good = drawn && is_open && line == to && mine == view;
        if (drawn && !good) whole = true; /* nobody has it */
        if (good) {
            wanted = false;
            wishes.width = how.width;
            wishes.height = how.height;
            changed_at = GetTickCount64();
        }
        LeaveCriticalSection(&guard);
        if (good) line_bytes(line, buffer.bytes, buffer.length);
        free(buffer.bytes);
        ULONGLONG took = GetTickCount64() - began;
        DWORD rest = good ? AFTER_INPUT_MS : pause_now();
        if (took < rest) Sleep(rest - (DWORD)took);
        SetEvent(wake);
    }
    return 0;
}

void frames_start(void) {
    InitializeCriticalSection(&guard);
    wake = CreateEventW(NULL, FALSE, FALSE, NULL);
    HANDLE thread = CreateThread(NULL, 0, work, NULL, 0, NULL);
    if (thread) CloseHandle(thread);
}

void frames_begin(Line *line, const Wishes *how) {
    EnterCriticalSection(&guard);
    to = line;
    view++;
    wishes = *how;
    wanted = false;
    whole = true;
    LeaveCriticalSection(&guard);
}

void frames_wishes(const Wishes *how) {
    EnterCriticalSection(&guard);
    int width = wishes.width, height = wishes.height;
    wishes = *how;
    wishes.width = width;
    wishes.height = height;
    LeaveCriticalSection(&guard);
}

void frames_wanted(bool incremental) {
    EnterCriticalSection(&guard);
    wanted = true;
    whole |= !incremental;
    LeaveCriticalSection(&guard);
    SetEvent(wake);
}

void frames_touched(void) {
    touched_at = GetTickCount64();
    SetEvent(wake);
}

void frames_open(bool open) {
    EnterCriticalSection(&guard);
    is_open = open;
    LeaveCriticalSection(&guard);
    if (open) SetEvent(wake);
}

/* The Windows helper of Amparo's remote sessions: what its parts know of each other. The protocol: docs/remote-protocol.md. */
#ifndef AMPARO_H
#define AMPARO_H

#ifndef UNICODE
#define UNICODE
#endif
#define _WIN32_WINNT 0x0602
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <stdint.h>
#include <stdbool.h>

#define VERSION "1.0.0"
#define TEXT_BYTES_MAX 16384
#define CLIPBOARD_FRAME_MAX 262144
#define CLIPBOARD_MAX 65536
#define BINARY_BYTES_MAX 1048576
#define WORDS_MAX 200
#define SENTENCE_MAX 1000
#define MAGIC_OF_INPUT ((ULONG_PTR)0x414D5052) /* marks what we inject, so that our own windows do not obey it */

/* json.c: flat objects, judged before they are believed */
typedef struct { const char *at, *end; } Json;
bool json_object(const char *text, size_t length, Json *object);
bool json_text(const Json *object, const char *name, wchar_t *into, size_t room, bool lines); /* plain text, cut to fit */
bool json_number(const Json *object, const char *name, long long lowest, long long highest, long long *into);
bool json_true(const Json *object, const char *name);
char *json_quoted(const wchar_t *text); /* UTF-8 with quotes; free() it */

/* net.c: WinHTTP */
typedef struct {
    void *session, *connection, *socket;
    CRITICAL_SECTION sending;
    unsigned generation;
    HWND window;
    volatile LONG shut;
} Line;
typedef struct { unsigned generation; bool text; DWORD length; unsigned char bytes[]; } Frame;
bool address_lawful(const wchar_t *address);
int find_broker(const wchar_t *server, wchar_t *address, size_t room); /* 0, or why not: a Word */
Line *line_open(const wchar_t *address, unsigned generation, HWND window, int *why);
bool line_text(Line *line, const char *text);
bool line_bytes(Line *line, const void *bytes, size_t length);
void line_shut(Line *line);

/* rfb.c: the server side of RFB 3.8 */
typedef struct { int width, height; bool tight, sizes; int quality; int red, green, blue; } Wishes;
typedef struct {
    int stage;
    unsigned char buffer[8192];
    size_t have;
    Wishes wishes;
    char name[128];
} Peer;
typedef struct { int kind; uint32_t keysym; bool down, incremental; int buttons, x, y; } Event; /* kind: 3 update, 4 key, 5 pointer, 'g' greeting to send */
typedef bool (*Happened)(const Event *event, const void *bytes, size_t length);
void rfb_begin(Peer *peer, int width, int height, Happened happened);
bool rfb_feed(Peer *peer, const unsigned char *bytes, size_t length, Happened happened); /* false: nonsense */

/* screen.c */
typedef struct { int left, top, width, height; } Area;
typedef struct { Area area; HDC dc; HBITMAP bitmap; uint32_t *now, *before; bool fresh; } Screen;
Area screen_area(void);
bool screen_grab(Screen *screen);
void screen_forget(Screen *screen);
bool screen_differs(const Screen *screen, int x, int y, int width, int height);

/* encode.c */
typedef struct { unsigned char *bytes; size_t length, room; bool broken; } Buffer;
void put(Buffer *buffer, const void *bytes, size_t length);
void put_byte(Buffer *buffer, int byte);
void put_16(Buffer *buffer, int number);
void put_32(Buffer *buffer, uint32_t number);
void encode_rectangle(Buffer *buffer, const uint32_t *pixels, int stride, int x, int y, int width, int height, const Wishes *wishes);
void deflate_fixed(Buffer *buffer, const unsigned char *data, int length);
void jpeg(Buffer *buffer, const uint32_t *pixels, int stride, int width, int height, int quality);

/* frames.c: the thread that sends pictures */
void frames_start(void);
void frames_begin(Line *line, const Wishes *wishes);
void frames_wishes(const Wishes *wishes);
void frames_wanted(bool incremental);
void frames_touched(void);
void frames_open(bool open);

/* input.c */
void input_key(uint32_t keysym, bool down);
void input_pointer(int buttons, int x, int y, const Area *area);
void input_release(void);

/* words.c */
typedef enum {
    W_TITLE, W_START, W_SERVER, W_CODE, W_GO, W_CANCEL, W_CODE_FORM, W_INSECURE, W_NOT_REACHED, W_CERTIFICATE, W_ASKS, W_ASKS_CONTROL, W_CASE, W_MINUTES,
    W_ANY_TIME, W_CONTROL, W_VIEW, W_NO, W_YES, W_AGAIN, W_CLIPBOARD, W_WAITING, W_SEEN, W_USED, W_PAUSED, W_AWAY, W_LOST, W_LEFT, W_LEFT_SECONDS, W_STOP,
    W_NO_CLIPBOARD, W_KEY, W_DECLINED, W_NO_ANSWER, W_STOPPED, W_ENDED, W_TIME_OVER, W_NOT_RESUMED, W_NONSENSE, W_REFUSED, W_CONNECTING, W_COUNT
} Word;
void words_language(const wchar_t *language);
const wchar_t *word(Word which);

/* ui.c */
enum { SAID_ANSWER = 1, SAID_STOP, SAID_REVOKE, SAID_NO_CLIPBOARD, SAID_COPIED, SAID_START, SAID_GONE };
typedef void (*Said)(int what, const wchar_t *value);
typedef struct { const wchar_t *label, *value; } Button;
HWND ui_begin(HINSTANCE instance, Said said, WNDPROC messages);
void ui_ask(const wchar_t *title, const wchar_t *text, const Button *buttons, int count);
void ui_withdraw(void);
void ui_start(const wchar_t *server, const wchar_t *code, const wchar_t *notice);
void ui_banner(const wchar_t *text, const wchar_t *left, COLORREF colour, const wchar_t *stop, bool may_revoke, bool has_clipboard);
bool ui_banner_stands(void);
bool ui_is_ours(int x, int y);
void ui_share_clipboard(bool on);
void ui_offer_clipboard(const wchar_t *text);
void ui_tell(const wchar_t *text);

#endif

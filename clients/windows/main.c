/* One session from the code to its end: the line to the broker, and what the customer allowed. What was not consented to here is refused here. */
#include "amparo.h"
#include "frames.h"
#include <shellapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define ANSWER_MS 290000
#define AGAIN_MS 115000
#define RESUME_MS 60000
#define PING_MS 10000
#define SILENCE_MS 25000
#define OVERTIME_S 90
#define CONNECTED (WM_APP + 1)
enum { NOTHING_OPEN, FIRST_QUESTION, MODE_QUESTION, CLIPBOARD_QUESTION };

static HWND home;
static Line *line;
static unsigned generation;
static Peer peer;
static bool quiet, connecting, was_asked, wandered, over;
static wchar_t server[600], broker[600], code[16], notice[SENTENCE_MAX];
static struct { wchar_t vendor[WORDS_MAX], engineer[WORDS_MAX], who[WORDS_MAX], matter[WORDS_MAX], banner[WORDS_MAX], stop[32], resume[256]; bool control; } ask;
static struct { bool to_view, to_control, clipboard, started, told_control, paused, away; } given;
static struct { int open; long long number; ULONGLONG ends_at; } question;
static struct { long long seconds, limit; bool running; ULONGLONG told_at; } meter;
static ULONGLONG heard_at, pinged_at, broken_at, next_try_at;
static int tries;

static void show(void);
static void end(int status, const wchar_t *sentence);

static bool seen(void) { return given.to_view && given.started && !given.paused && !given.away; }
static bool controlled(void) { return seen() && given.to_control && given.told_control && !question.open; }

static void filled(wchar_t *into, size_t room, Word which, const wchar_t *first, const wchar_t *second) {
    DWORD_PTR values[] = {(DWORD_PTR)first, (DWORD_PTR)second};
    into[0] = 0;
    FormatMessageW(FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_ARGUMENT_ARRAY, word(which), 0, 0, into, (DWORD)room, (va_list *)values);
}

static void told(const char *kind) {
    char text[64];
    snprintf(text, sizeof text, "{\"type\":\"%s\"}", kind);
    say(line, text);
}

/* Set the switches to what is allowed now. */
static void apply(void) {
    if (!controlled()) input_release();
    show(); /* the banner first: before it stands, no picture leaves */
    frames_open(seen() && ui_banner_stands());
    ui_share_clipboard(given.clipboard);
}

/* Stop showing and doing: the line is gone, or begins anew. */
static void let_go(void) {
    given.started = given.clipboard = given.paused = given.away = false;
    frames_open(false);
    input_release();
    ui_share_clipboard(false);
}

static void end(int status, const wchar_t *sentence) {
    if (over) return;
    over = true;
    let_go();
    ui_withdraw();
    said_all(1000);
    line_shut(line);
    if (quiet) {
        char plain[SENTENCE_MAX * 3];
        WideCharToMultiByte(CP_UTF8, 0, sentence, -1, plain, sizeof plain, NULL, NULL);
        puts(plain);
        fflush(stdout);
    } else {
        ui_tell(sentence);
    }
    ExitProcess((UINT)status);
}

static void nonsense(void) {
    let_go();
    told("stop");
    end(4, word(W_NONSENSE));
}

static void stop(void) {
    if (!was_asked) ExitProcess(1);
    let_go();
    told("stop");
    end(0, word(W_STOPPED));
}

/* The line. */

static DWORD WINAPI connect_line(void *which) {
    int why = 0;
    unsigned mine = (unsigned)(ULONG_PTR)which;
    if (!broker[0]) why = find_broker(server, broker, sizeof broker / sizeof(wchar_t));
    Line *made = why ? NULL : line_open(broker, mine, home, &why);
    PostMessageW(home, CONNECTED, (WPARAM)why, (LPARAM)made);
    return 0;
}

static void begin_line(void) {
    connecting = true;
    HANDLE thread = CreateThread(NULL, 0, connect_line, (void *)(ULONG_PTR)++generation, 0, NULL);
    if (thread) CloseHandle(thread);
}

static void lost(void) {
    ULONGLONG now = GetTickCount64();
    line_shut(line);
    line = NULL;
    if (over || !was_asked) return;
    if (!broken_at) broken_at = now, tries = 0;
    let_go();
    question.open = NOTHING_OPEN;
    ui_withdraw();
    wcscpy(notice, word(W_LOST));
    show();
    static const unsigned pauses[] = {500, 1000, 2000, 4000, 8000};
    next_try_at = now + pauses[tries < 4 ? tries : 4];
    tries++;
}

static void connected(int why, Line *made) {
    char text[700];
    connecting = false;
    if (!made) {
        if (was_asked) return lost();
        if (quiet) return end(3, word((Word)why));
        broker[0] = 0;
        return ui_start(server, code, word((Word)why));
    }
    line = made;
    heard_at = GetTickCount64();
    Area area = screen_area();
    if (was_asked)
        snprintf(text, sizeof text, "{\"type\":\"resume\",\"version\":1,\"resume\":\"%ls\"}", ask.resume);
    else
        snprintf(text, sizeof text, "{\"type\":\"hello\",\"version\":1,\"code\":\"%ls\",\"system\":\"windows\",\"helper\":\"" VERSION
                 "\",\"screen\":[%d,%d],\"can\":[\"view\",\"control\",\"clipboard\"]}", code, area.width, area.height);
    say(line, text);
}

/* What the viewer says, through the broker. */

static bool happened(const Event *event, const void *bytes, size_t length) {
    Area area;
    switch (event->kind) {
    case 'g': say_bytes(line, bytes, length); break;
    case 2: case 0: frames_wishes(&peer.wishes); break;
    case 3: frames_wanted(event->incremental); break;
    case 4:
        if (controlled()) input_key(event->keysym, event->down), frames_touched();
        break;
    case 5:
        area = screen_area();
        if (controlled()) input_pointer(event->buttons, event->x, event->y, &area), frames_touched();
        break;
    }
    return true;
}

static void start(bool control) {
    Area area = screen_area();
    let_go();
    notice[0] = 0;
    broken_at = 0;
    given.started = true;
    given.told_control = control;
    WideCharToMultiByte(CP_UTF8, 0, ask.matter, -1, peer.name, 100, NULL, NULL);
    rfb_begin(&peer, area.width, area.height, happened);
    frames_begin(line, &peer.wishes);
    apply();
}

/* What the customer is asked. */

static void open_question(int kind, long long number, const wchar_t *title, const wchar_t *text, bool may_control) {
    Button first[] = {{word(W_CONTROL), L"control"}, {word(W_VIEW), L"view"}, {word(W_NO), L"no"}};
    Button again[] = {{word(W_YES), L"yes"}, {word(W_NO), L"no"}};
    question.open = kind;
    question.number = number;
    question.ends_at = GetTickCount64() + (kind == FIRST_QUESTION ? ANSWER_MS : AGAIN_MS);
    apply();
    if (kind == FIRST_QUESTION) ui_ask(title, text, may_control ? first : first + 1, may_control ? 3 : 2);
    else ui_ask(title, text, again, 2);
}

static void asked(const Json *said) {
    wchar_t sentence[SENTENCE_MAX], language[16], title[2 * WORDS_MAX], text[2400], line_[2 * WORDS_MAX], number[16], who[WORDS_MAX], vendor[WORDS_MAX];
    long long which, minutes;
    json_text(said, "engineer", who, WORDS_MAX, false);
    json_text(said, "vendor", vendor, WORDS_MAX, false);
    json_text(said, "case", line_, WORDS_MAX, false);
    if (was_asked && (wcscmp(who, ask.engineer) || wcscmp(vendor, ask.vendor) || wcscmp(line_, ask.matter))) return nonsense();
    bool good = who[0] && vendor[0] && json_number(said, "question", 0, 1000000000, &which) && json_number(said, "minutes", 0, 1440, &minutes) && !given.started;
    good = good && json_text(said, "resume", ask.resume, 256, false) && !wcspbrk(ask.resume, L"\"\\");
    json_text(said, "mode", title, 16, false);
    ask.control = !wcscmp(title, L"control");
    if (!good || (!ask.control && wcscmp(title, L"view"))) return nonsense();
    wcscpy(ask.engineer, who);
    wcscpy(ask.vendor, vendor);
    wcscpy(ask.matter, line_);
    json_text(said, "language", language, 16, false);
    words_language(language);
    json_text(said, "banner", ask.banner, WORDS_MAX, false);
    json_text(said, "stop", ask.stop, 24, false);
    json_text(said, "sentence", sentence, SENTENCE_MAX, true);
    json_text(said, "title", who, WORDS_MAX, false);
    memset(&given, 0, sizeof given);
    was_asked = true;
    notice[0] = 0;
    filled(title, 2 * WORDS_MAX, ask.control ? W_ASKS_CONTROL : W_ASKS, ask.engineer, ask.vendor);
    swprintf(number, 16, L"%d", (int)minutes);
    wcscpy(text, sentence);
    if (!sentence[0]) {
        filled(text, 2 * WORDS_MAX, W_CASE, ask.matter, who);
        filled(line_, 2 * WORDS_MAX, W_MINUTES, number, L"");
        if (minutes) wcscat(wcscat(text, L"\n\n"), line_);
    }
    wcscat(wcscat(text, L"\n\n"), word(W_ANY_TIME));
    open_question(FIRST_QUESTION, which, title, text, ask.control);
}

static void asked_again(const Json *said, bool clipboard) {
    wchar_t sentence[SENTENCE_MAX], title[2 * WORDS_MAX], mode[16];
    char text[96];
    long long which;
    json_text(said, "sentence", sentence, SENTENCE_MAX, false);
    json_text(said, "mode", mode, 16, false);
    if (!json_number(said, "question", 0, 1000000000, &which) || (!clipboard && wcscmp(mode, L"control") && wcscmp(mode, L"view"))) return nonsense();
    if (!clipboard && !wcscmp(mode, L"view")) {
        given.to_control = false;
        apply();
        snprintf(text, sizeof text, "{\"type\":\"consent\",\"question\":%lld,\"answer\":\"yes\",\"mode\":\"view\"}", which);
        return say(line, text);
    }
    filled(title, 2 * WORDS_MAX, clipboard ? W_CLIPBOARD : W_AGAIN, ask.engineer, L"");
    open_question(clipboard ? CLIPBOARD_QUESTION : MODE_QUESTION, which, title, sentence, false);
}

static void answered(const wchar_t *value) {
    char text[128];
    int kind = question.open;
    bool control = !wcscmp(value, L"control"), yes = control || !wcscmp(value, L"view") || !wcscmp(value, L"yes");
    if (!kind) return;
    question.open = NOTHING_OPEN;
    ui_withdraw();
    snprintf(text, sizeof text, "{\"type\":\"consent\",\"question\":%lld,\"answer\":\"%s\"%s}", question.number, yes ? "yes" : "no",
             !yes || kind == CLIPBOARD_QUESTION ? "" : control || kind == MODE_QUESTION ? ",\"mode\":\"control\"" : ",\"mode\":\"view\"");
    say(line, text);
    if (kind == FIRST_QUESTION && !yes) return end(1, word(wcscmp(value, L"no") ? W_NO_ANSWER : W_DECLINED));
    if (kind == FIRST_QUESTION) {
        given.to_view = true;
        given.to_control = control;
        filled(notice, WORDS_MAX, W_WAITING, ask.engineer, L"");
    } else if (kind == MODE_QUESTION) {
        given.to_control = yes || given.to_control;
    } else {
        given.clipboard = yes;
    }
    apply();
}

/* What the broker says. */

static void in_session(const char *kind, const Json *said) {
    wchar_t mode[16];
    json_text(said, "mode", mode, 16, false);
    bool control = !wcscmp(mode, L"control"), is_mode = control || !wcscmp(mode, L"view");
    if (!strcmp(kind, "start")) {
        if (!is_mode) return nonsense();
        start(control);
    } else if (!strcmp(kind, "mode")) {
        if (!is_mode) return nonsense();
        given.told_control = control;
        if (!control) given.to_control = false; /* control that was taken back is asked for again */
    } else if (!strcmp(kind, "ask_mode")) {
        asked_again(said, false);
    } else if (!strcmp(kind, "ask_clipboard")) {
        asked_again(said, true);
    } else if (!strcmp(kind, "clipboard")) {
        wchar_t *text = malloc((CLIPBOARD_MAX + 1) * sizeof(wchar_t));
        if (text && json_text(said, "text", text, CLIPBOARD_MAX + 1, true) && given.clipboard && controlled()) ui_offer_clipboard(text);
        free(text);
    } else if (!strcmp(kind, "clock")) {
        if (!json_number(said, "seconds", 0, 1000000000, &meter.seconds) || !json_number(said, "limit", 0, 1000000000, &meter.limit)) return nonsense();
        meter.running = json_true(said, "running");
        meter.told_at = GetTickCount64();
    } else if (!strcmp(kind, "pause") || !strcmp(kind, "go")) {
        given.paused = kind[0] == 'p';
        wcscpy(notice, given.paused ? word(W_PAUSED) : L"");
    } else if (!strcmp(kind, "viewer")) {
        given.away = !json_true(said, "present");
        wcscpy(notice, given.away ? word(W_AWAY) : L"");
    }
    apply();
}

static void handle_text(const Frame *frame) {
    Json said;
    wchar_t wide[32], sentence[SENTENCE_MAX];
    char kind[64];
    if (!json_object((const char *)frame->bytes, frame->length, &said) || !json_text(&said, "type", wide, 32, false)) return nonsense();
    WideCharToMultiByte(CP_UTF8, 0, wide, -1, kind, sizeof kind, NULL, NULL);
    kind[sizeof kind - 1] = 0;
    if (frame->length > TEXT_BYTES_MAX && strcmp(kind, "clipboard")) return nonsense();
    json_text(&said, "sentence", sentence, SENTENCE_MAX, false);
    if (!strcmp(kind, "ask")) return asked(&said);
    if (!strcmp(kind, "end")) return end(0, sentence[0] ? sentence : word(W_ENDED));
    if (!strcmp(kind, "refused")) {
        if (quiet || was_asked) return end(1, sentence[0] ? sentence : word(W_REFUSED));
        line_shut(line);
        line = NULL;
        return ui_start(server, L"", sentence[0] ? sentence : word(W_REFUSED));
    }
    if (!strcmp(kind, "elsewhere")) {
        if (wandered || was_asked || !json_text(&said, "helper", broker, 600, false) || _wcsnicmp(broker, L"ws", 2) || !address_lawful(broker)) return nonsense();
        wandered = true;
        line_shut(line);
        line = NULL;
        return begin_line();
    }
    if (!strcmp(kind, "clipboard_off")) {
        given.clipboard = false;
        return apply();
    }
    if (was_asked && given.to_view) return in_session(kind, &said);
    if (!strcmp(kind, "start") || !strncmp(kind, "ask_", 4) || !strcmp(kind, "clipboard")) nonsense(); /* nothing was consented to */
}

static void arrived(unsigned gone, Frame *frame) {
    if (!frame) {
        if (line && gone == line->generation) {
            if (was_asked) lost();
            else if (!over) end(3, word(W_NOT_REACHED));
        }
        return;
    }
    if (line && frame->generation == line->generation && !over) {
        heard_at = GetTickCount64();
        if (frame->text) handle_text(frame);
        else if (!given.started || !rfb_feed(&peer, frame->bytes, frame->length, happened)) nonsense();
    }
    free(frame);
}

/* What time brings. */

static void tick(void) {
    ULONGLONG now = GetTickCount64();
    if (line && now - pinged_at >= PING_MS) pinged_at = now, told("ping");
    if (line && now - heard_at >= SILENCE_MS) lost();
    if (broken_at && now - broken_at > RESUME_MS) return end(3, word(W_NOT_RESUMED));
    if (!line && !connecting && was_asked && now >= next_try_at) begin_line();
    if (question.open && now > question.ends_at) answered(L"");
    if (meter.limit && meter.running && meter.seconds + (long long)(now - meter.told_at) / 1000 > meter.limit + OVERTIME_S) {
        told("stop");
        return end(0, word(W_TIME_OVER));
    }
    show();
}

/* Bring the banner up to date. */
static void show(void) {
    wchar_t text[2 * WORDS_MAX], left[64] = L"", number[16], stop_text[64], who[2 * WORDS_MAX];
    if (!was_asked || over || !(given.to_view || notice[0])) return;
    if (ask.banner[0]) wcscpy(who, ask.banner);
    else swprintf(who, 2 * WORDS_MAX, L"%ls, %ls", ask.engineer, ask.vendor);
    bool control = seen() && given.to_control && given.told_control;
    if (notice[0]) wcsncpy(text, notice, 2 * WORDS_MAX - 1), text[2 * WORDS_MAX - 1] = 0;
    else filled(text, 2 * WORDS_MAX, control ? W_USED : W_SEEN, who, L"");
    if (meter.limit) {
        long long rest = meter.limit - meter.seconds - (meter.running ? (long long)(GetTickCount64() - meter.told_at) / 1000 : 0);
        swprintf(number, 16, L"%d", (int)(rest > 60 ? (rest + 59) / 60 : rest > 0 ? rest : 0));
        filled(left, 64, rest > 60 ? W_LEFT : W_LEFT_SECONDS, number, L"");
    }
    swprintf(stop_text, 64, L"%ls (%ls)", ask.stop[0] ? ask.stop : word(W_STOP), word(W_KEY));
    COLORREF colour = notice[0] ? RGB(72, 84, 92) : control ? RGB(158, 32, 24) : RGB(0, 92, 99);
    ui_banner(text, left, colour, stop_text, controlled(), given.clipboard);
}

static void said(int what, const wchar_t *value) {
    if (what == SAID_STOP) return stop();
    if (what == SAID_GONE && !over) return stop();
    if (what == SAID_ANSWER) {
        if (!was_asked) ExitProcess(1);
        answered(value);
    } else if (what == SAID_REVOKE) {
        given.to_control = false;
        apply();
        told("revoke");
    } else if (what == SAID_NO_CLIPBOARD) {
        given.clipboard = false;
        apply();
        told("revoke_clipboard");
    } else if (what == SAID_COPIED && given.clipboard) {
        char *quoted = json_quoted(value), *text = quoted ? malloc(strlen(quoted) + 40) : NULL;
        if (text) sprintf(text, "{\"type\":\"clipboard\",\"text\":%s}", quoted), say(line, text);
        free(quoted);
        free(text);
    } else if (what == SAID_START) {
        size_t digits = 0;
        const wchar_t *typed = wcschr(value, L'\n');
        wcsncpy(server, value, (size_t)(typed - value) < 599 ? (size_t)(typed - value) : 599);
        server[(size_t)(typed - value) < 599 ? (size_t)(typed - value) : 599] = 0;
        for (const wchar_t *c = typed; *c && digits < 10; c++)
            if (*c >= L'0' && *c <= L'9') code[digits++] = *c;
        code[digits < 15 ? digits : 15] = 0;
        if (digits != 9) return ui_start(server, code, word(W_CODE_FORM));
        broker[0] = 0;
        ui_withdraw();
        begin_line();
    }
}

static LRESULT CALLBACK messages(HWND window, UINT message, WPARAM w, LPARAM l) {
    if (message == WM_APP) arrived((unsigned)w, (Frame *)l);
    else if (message == CONNECTED) connected((int)w, (Line *)l);
    else if (message == WM_TIMER) tick();
    else return DefWindowProcW(window, message, w, l);
    return 0;
}

/* The address of the service stands in the name of the file as it was downloaded: amparo-remote-soporte.example.mx.exe, with a port after «_». */
static void server_from_name(void) {
    wchar_t path[MAX_PATH], *name, *from;
    if (!GetModuleFileNameW(NULL, path, MAX_PATH) || !(name = wcsrchr(path, L'\\')) || !(from = wcsstr(name, L"amparo-remote-"))) return;
    from += 14;
    size_t length = wcscspn(from, L" (");
    if (length > 4 && !_wcsnicmp(from + length - 4, L".exe", 4)) length -= 4;
    if (length > 250) return;
    from[length] = 0;
    for (wchar_t *c = from; *c; c++)
        if (*c == L'_') *c = L':';
    swprintf(server, 600, L"https://%ls", from);
}

int WINAPI WinMain(HINSTANCE instance, HINSTANCE before, LPSTR command, int how) {
    int count = 0;
    wchar_t **words = CommandLineToArgvW(GetCommandLineW(), &count), language[16] = L"es";
    MSG message;
    (void)before, (void)command, (void)how;
    GetLocaleInfoW(LOCALE_USER_DEFAULT, LOCALE_SISO639LANGNAME, language, 16);
    words_language(language);
    server_from_name();
    for (int n = 1; words && n < count; n++) {
        if (!wcscmp(words[n], L"--server") && n + 1 < count) wcsncpy(server, words[++n], 599);
        else if (!wcscmp(words[n], L"--language") && n + 1 < count) words_language(words[++n]);
        else if (!wcscmp(words[n], L"--quiet")) quiet = true; /* the last sentence to standard output instead of a window */
        else if (wcslen(words[n]) == 9 && wcsspn(words[n], L"0123456789") == 9) wcscpy(code, words[n]);
    }
    home = ui_begin(instance, said, messages);
    frames_start();
    SetTimer(home, 1, 500, NULL);
    if (server[0] && code[0]) begin_line();
    else ui_start(server, code, NULL);
    while (GetMessageW(&message, NULL, 0, 0) > 0) {
        HWND owner = GetAncestor(message.hwnd, GA_ROOT);
        if (owner && owner != home && IsDialogMessageW(owner, &message)) continue;
        TranslateMessage(&message);
        DispatchMessageW(&message);
    }
    return 0;
}

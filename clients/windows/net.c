/* The line to the broker: WinHTTP with its WebSocket, which verifies certificates as Windows does and knows its proxies. */
#include "amparo.h"
#include <winhttp.h>
#include <stdlib.h>
#include <wchar.h>

typedef struct { wchar_t host[256], path[600]; INTERNET_PORT port; bool secure; } Address;

static bool is_loopback(const wchar_t *host) {
    return !wcscmp(host, L"127.0.0.1") || !_wcsicmp(host, L"localhost") || !wcscmp(host, L"[::1]");
}

/* Take an address apart. Only https and wss; http and ws only for this same computer. */
static bool parse(const wchar_t *address, Address *into) {
    const wchar_t *rest;
    if (!_wcsnicmp(address, L"https://", 8) || !_wcsnicmp(address, L"wss://", 6)) into->secure = true;
    else if (!_wcsnicmp(address, L"http://", 7) || !_wcsnicmp(address, L"ws://", 5)) into->secure = false;
    else return false;
    rest = wcsstr(address, L"://") + 3;
    size_t length = wcscspn(rest, L"/?#");
    if (!length || length >= 256 || wcslen(rest + length) >= 600 || wcspbrk(rest, L"@\\ ")) return false;
    wcsncpy(into->host, rest, length);
    into->host[length] = 0;
    wcscpy(into->path, rest[length] ? rest + length : L"/");
    into->port = into->secure ? 443 : 80;
    wchar_t *colon = wcsrchr(into->host, L':');
    if (colon && !wcschr(colon, L']')) {
        int port = _wtoi(colon + 1);
        if (port < 1 || port > 65535) return false;
        into->port = (INTERNET_PORT)port;
        *colon = 0;
    }
    return into->host[0] && (into->secure || is_loopback(into->host));
}

bool address_lawful(const wchar_t *address) {
    Address parts;
    return parse(address, &parts);
}

static HINTERNET begin(const Address *parts) {
    HINTERNET session = NULL;
    if (!is_loopback(parts->host))
        session = WinHttpOpen(L"amparo-remote/" TEXT(VERSION), WINHTTP_ACCESS_TYPE_AUTOMATIC_PROXY, WINHTTP_NO_PROXY_NAME, WINHTTP_NO_PROXY_BYPASS, 0);
    if (!session) session = WinHttpOpen(L"amparo-remote/" TEXT(VERSION), WINHTTP_ACCESS_TYPE_NO_PROXY, WINHTTP_NO_PROXY_NAME, WINHTTP_NO_PROXY_BYPASS, 0);
    if (session) WinHttpSetTimeouts(session, 10000, 10000, 15000, 15000);
    return session;
}

static int reason(void) {
    DWORD code = GetLastError();
    return code == ERROR_WINHTTP_SECURE_FAILURE ? W_CERTIFICATE : W_NOT_REACHED;
}

/* Ask for a path; the request is open when the answer's status is the one wanted. */
static HINTERNET get(HINTERNET connection, const Address *parts, bool upgrade, DWORD wanted, int *why) {
    HINTERNET request = WinHttpOpenRequest(connection, L"GET", parts->path, NULL, WINHTTP_NO_REFERER, WINHTTP_DEFAULT_ACCEPT_TYPES,
                                           parts->secure ? WINHTTP_FLAG_SECURE : 0);
    DWORD never = WINHTTP_OPTION_REDIRECT_POLICY_NEVER, off = WINHTTP_DISABLE_COOKIES, status = 0, size = sizeof status;
    *why = W_NOT_REACHED;
    if (!request) return NULL;
    WinHttpSetOption(request, WINHTTP_OPTION_REDIRECT_POLICY, &never, sizeof never);
    WinHttpSetOption(request, WINHTTP_OPTION_DISABLE_FEATURE, &off, sizeof off);
    bool good = !upgrade || WinHttpSetOption(request, WINHTTP_OPTION_UPGRADE_TO_WEB_SOCKET, NULL, 0);
    good = good && WinHttpSendRequest(request, WINHTTP_NO_ADDITIONAL_HEADERS, 0, WINHTTP_NO_REQUEST_DATA, 0, 0, 0) && WinHttpReceiveResponse(request, NULL);
    if (!good) *why = reason();
    good = good && WinHttpQueryHeaders(request, WINHTTP_QUERY_STATUS_CODE | WINHTTP_QUERY_FLAG_NUMBER, WINHTTP_HEADER_NAME_BY_INDEX, &status, &size,
                                       WINHTTP_NO_HEADER_INDEX) && status == wanted;
    if (good) return request;
    WinHttpCloseHandle(request);
    return NULL;
}

int find_broker(const wchar_t *server, wchar_t *address, size_t room) {
    Address parts;
    char text[TEXT_BYTES_MAX];
    DWORD had = 0, got = 0;
    int why = W_INSECURE;
    if (!parse(server, &parts)) return W_INSECURE;
    wcscpy(parts.path, L"/r/helper.json");
    HINTERNET session = begin(&parts), connection = session ? WinHttpConnect(session, parts.host, parts.port, 0) : NULL;
    HINTERNET request = connection ? get(connection, &parts, false, 200, &why) : NULL;
    if (request)
        while (had < sizeof text && WinHttpReadData(request, text + had, (DWORD)sizeof text - had, &got) && got) had += got;
    Json said;
    if (request) {
        why = json_object(text, had, &said) && json_text(&said, "helper", address, room, false) ? 0 : W_NOT_REACHED;
        if (!why && (_wcsnicmp(address, L"ws", 2) || !address_lawful(address))) why = W_INSECURE;
    } else if (!connection) {
        why = W_NOT_REACHED;
    }
    if (request) WinHttpCloseHandle(request);
    if (connection) WinHttpCloseHandle(connection);
    if (session) WinHttpCloseHandle(session);
    return why;
}

/* Receive whole messages and hand them to the window; a last empty one says that the line is gone. */
static DWORD WINAPI receive(void *given) {
    Line *line = given;
    size_t room = 65536;
    Frame *frame = malloc(sizeof *frame + room);
    DWORD had = 0;
    while (frame && !line->shut) {
        DWORD got = 0;
        WINHTTP_WEB_SOCKET_BUFFER_TYPE kind;
        if (WinHttpWebSocketReceive(line->socket, frame->bytes + had, (DWORD)(room - had), &got, &kind) || kind == WINHTTP_WEB_SOCKET_CLOSE_BUFFER_TYPE) break;
        had += got;
        bool text = kind == WINHTTP_WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE || kind == WINHTTP_WEB_SOCKET_UTF8_FRAGMENT_BUFFER_TYPE;
        bool whole = kind == WINHTTP_WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE || kind == WINHTTP_WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE;
        if (had > (text ? CLIPBOARD_FRAME_MAX : BINARY_BYTES_MAX)) break;
        if (!whole) {
            if (had == room) {
                Frame *larger = realloc(frame, sizeof *frame + room * 2);
                if (!larger) break;
                frame = larger;
                room *= 2;
            }
            continue;
        }
        frame->generation = line->generation;
        frame->text = text;
        frame->length = had;
        if (!PostMessageW(line->window, WM_APP, 0, (LPARAM)frame)) break;
        frame = malloc(sizeof *frame + (room = 65536));
        had = 0;
    }
    free(frame);
    PostMessageW(line->window, WM_APP, line->generation, 0);
    return 0;
}

Line *line_open(const wchar_t *address, unsigned generation, HWND window, int *why) {
    Address parts;
    Line *line = calloc(1, sizeof *line);
    *why = W_NOT_REACHED;
    if (!line || !parse(address, &parts)) {
        free(line);
        return NULL;
    }
    line->session = begin(&parts);
    line->connection = line->session ? WinHttpConnect(line->session, parts.host, parts.port, 0) : NULL;
    HINTERNET request = line->connection ? get(line->connection, &parts, true, 101, why) : NULL;
    line->socket = request ? WinHttpWebSocketCompleteUpgrade(request, 0) : NULL;
    if (request) WinHttpCloseHandle(request);
    if (!line->socket) {
        if (line->connection) WinHttpCloseHandle(line->connection);
        if (line->session) WinHttpCloseHandle(line->session);
        free(line);
        return NULL;
    }
    InitializeCriticalSection(&line->sending);
    line->generation = generation;
    line->window = window;
    HANDLE thread = CreateThread(NULL, 0, receive, line, 0, NULL);
    if (thread) CloseHandle(thread);
    return line;
}

static bool send_kind(Line *line, WINHTTP_WEB_SOCKET_BUFFER_TYPE kind, const void *bytes, size_t length) {
    if (!line || line->shut) return false;
    EnterCriticalSection(&line->sending);
    bool good = !line->shut && WinHttpWebSocketSend(line->socket, kind, (void *)bytes, (DWORD)length) == NO_ERROR;
    LeaveCriticalSection(&line->sending);
    return good;
}

bool line_text(Line *line, const char *text) {
    return send_kind(line, WINHTTP_WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE, text, strlen(text));
}

bool line_bytes(Line *line, const void *bytes, size_t length) {
    const char *at = bytes;
    for (bool good = true; length; ) {
        size_t piece = length < 65536 ? length : 65536;
        good = send_kind(line, WINHTTP_WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE, at, piece);
        if (!good) return false;
        at += piece;
        length -= piece;
    }
    return true;
}

/* End a line. Its threads may still hold it, so what is small of it stays until the program ends. */
void line_shut(Line *line) {
    if (!line || InterlockedExchange(&line->shut, 1)) return;
    WinHttpWebSocketShutdown(line->socket, WINHTTP_WEB_SOCKET_SUCCESS_CLOSE_STATUS, NULL, 0);
    WinHttpCloseHandle(line->socket);
    WinHttpCloseHandle(line->connection);
    WinHttpCloseHandle(line->session);
}

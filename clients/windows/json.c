/* JSON as the broker sends it: one flat object of bounded size. What does not fit is nonsense, never a guess. */
#include "amparo.h"
#include <stdlib.h>
#include <string.h>

static const char *blank(const char *at, const char *end) {
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')) at++;
    return at;
}

/* Return what follows the string that begins at `at`, or NULL. */
static const char *past_string(const char *at, const char *end) {
    if (at >= end || *at != '"') return NULL;
    for (at++; at < end && *at != '"'; at++) {
        if ((unsigned char)*at < 0x20) return NULL;
        if (*at == '\\' && ++at >= end) return NULL;
    }
    return at < end ? at + 1 : NULL;
}

static const char *past_value(const char *at, const char *end, int depth) {
    at = blank(at, end);
    if (at >= end || depth > 6) return NULL;
    if (*at == '"') return past_string(at, end);
    if (*at == '{' || *at == '[') {
        char closes = *at == '{' ? '}' : ']';
        bool pairs = *at == '{';
        at = blank(at + 1, end);
        if (at < end && *at == closes) return at + 1;
        for (;;) {
            if (pairs) {
                at = past_string(blank(at, end), end);
                if (!at || (at = blank(at, end)) >= end || *at++ != ':') return NULL;
            }
            at = past_value(at, end, depth + 1);
            if (!at || (at = blank(at, end)) >= end) return NULL;
            if (*at == closes) return at + 1;
            if (*at++ != ',') return NULL;
        }
    }
    const char *begun = at;
    while (at < end && (strchr("+-.", *at) || (*at >= '0' && *at <= '9') || (*at >= 'a' && *at <= 'z') || *at == 'E')) at++;
    return at > begun ? at : NULL;
}

bool json_object(const char *text, size_t length, Json *object) {
    const char *end = text + length, *at = blank(text, end);
    if (at >= end || *at != '{') return false;
    const char *after = past_value(at, end, 0);
    if (!after || blank(after, end) != end) return false;
    object->at = at + 1;
    object->end = after - 1;
    return true;
}

static const char *find(const Json *object, const char *name) {
    const char *at = blank(object->at, object->end), *end = object->end;
    size_t length = strlen(name);
    while (at && at < end) {
        const char *key = at;
        if (!(at = past_string(at, end)) || (at = blank(at, end)) >= end || *at++ != ':') return NULL;
        const char *value = blank(at, end);
        if ((size_t)(value - key) >= length + 2 && !strncmp(key + 1, name, length) && key[length + 1] == '"') return value;
        if (!(at = past_value(value, end, 1)) || (at = blank(at, end)) >= end || *at++ != ',') return NULL;
        at = blank(at, end);
    }
    return NULL;
}

static int hex(const char *at) {
    int value = 0;
    for (int n = 0; n < 4; n++) {
        char c = at[n];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        if (digit < 0) return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* Tell whether a character may be shown: nothing that controls, hides or turns the direction of writing. */
static bool may_show(wchar_t c, bool lines) {
    if (c < 0x20) return lines && (c == '\n' || c == '\t');
    return !((c >= 0x7F && c < 0xA0) || (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF);
}

bool json_text(const Json *object, const char *name, wchar_t *into, size_t room, bool lines) {
    const char *at = find(object, name), *end = at ? past_string(at, object->end) : NULL;
    into[0] = 0;
    if (!end) return false;
    size_t bytes = (size_t)(end - at), used = 0, written = 0;
    char *plain = malloc(bytes * 3 + 1);
    wchar_t *wide = malloc((bytes * 3 + 1) * sizeof(wchar_t));
    bool good = plain && wide;
    for (at++; good && at < end - 1;) {
        if (*at != '\\') {
            plain[used++] = *at++;
            continue;
        }
        char c = at[1];
        at += 2;
        if (c != 'u') {
            plain[used++] = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' || c == 'b' || c == 'f' ? ' ' : c;
            continue;
        }
        wchar_t pair[2] = {0, 0};
        int first = end - 1 - at >= 4 ? hex(at) : -1, count = 1;
        if (!(good = first >= 0)) break;
        at += 4;
        pair[0] = (wchar_t)first;
        if (first >= 0xD800 && first < 0xDC00 && end - 1 - at >= 6 && at[0] == '\\' && at[1] == 'u') {
            pair[1] = (wchar_t)hex(at + 2);
            at += 6;
            count = 2;
        }
        used += (size_t)WideCharToMultiByte(CP_UTF8, 0, pair, count, plain + used, 6, NULL, NULL);
    }
    int length = good && used ? MultiByteToWideChar(CP_UTF8, 0, plain, (int)used, wide, (int)(bytes * 3)) : 0;
    for (int n = 0; n < length && written + 1 < room; n++) {
        wchar_t c = !lines && (wide[n] == '\n' || wide[n] == '\t') ? L' ' : wide[n];
        if (may_show(c, lines)) into[written++] = c;
    }
    into[written] = 0;
    free(plain);
    free(wide);
    return good;
}

bool json_number(const Json *object, const char *name, long long lowest, long long highest, long long *into) {
    const char *at = find(object, name);
    if (!at) return false;
    bool negative = *at == '-';
    long long value = 0;
    const char *begun = at += negative;
    while (at < object->end && *at >= '0' && *at <= '9' && at - begun < 16) value = value * 10 + (*at++ - '0');
    if (at == begun || (at < object->end && !strchr(" ,\t\r\n}", *at))) return false;
    *into = negative ? -value : value;
    return *into >= lowest && *into <= highest;
}

bool json_true(const Json *object, const char *name) {
    const char *at = find(object, name);
    return at && object->end - at >= 4 && !strncmp(at, "true", 4);
}

char *json_quoted(const wchar_t *text) {
    int bytes = WideCharToMultiByte(CP_UTF8, 0, text, -1, NULL, 0, NULL, NULL);
    char *plain = malloc((size_t)bytes + 1), *quoted = malloc((size_t)bytes * 6 + 3), *to = quoted;
    if (!plain || !quoted || bytes < 1) {
        free(plain);
        free(quoted);
        return NULL;
    }
    WideCharToMultiByte(CP_UTF8, 0, text, -1, plain, bytes, NULL, NULL);
    *to++ = '"';
    for (const char *c = plain; *c; c++) {
        unsigned char byte = (unsigned char)*c;
        if (byte == '"' || byte == '\\') {
            *to++ = '\\';
            *to++ = *c;
        } else if (byte < 0x20) {
            static const char digits[] = "0123456789abcdef";
            memcpy(to, "\\u00", 4);
            to[4] = digits[byte >> 4];
            to[5] = digits[byte & 15];
            to += 6;
        } else {
            *to++ = *c;
        }
    }
    *to++ = '"';
    *to = 0;
    free(plain);
    return quoted;
}

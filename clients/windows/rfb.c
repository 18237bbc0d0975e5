/* The server side of RFB 3.8: what a viewer sends, read in bounds. */
#include "amparo.h"
#include <stdio.h>
#include <string.h>

static int number_16(const unsigned char *at) { return at[0] << 8 | at[1]; }
static uint32_t number_32(const unsigned char *at) { return (uint32_t)number_16(at) << 16 | (uint32_t)number_16(at + 2); }

static bool greet(const void *bytes, size_t length, Happened happened) {
    Event event = {.kind = 'g'};
    return happened(&event, bytes, length);
}

void rfb_begin(Peer *peer, int width, int height, Happened happened) {
    char name[sizeof peer->name];
    strcpy(name, peer->name);
    memset(peer, 0, sizeof *peer);
    strcpy(peer->name, name);
    peer->wishes = (Wishes){width, height, false, false, 79, 16, 8, 0};
    greet("RFB 003.008\n", 12, happened);
}

static bool greeting(Peer *peer, Happened happened) {
    if (peer->stage == 0) {
        if (memcmp(peer->buffer, "RFB 003.008\n", 12)) return false;
        return greet("\1\1", 2, happened);
    }
    if (peer->stage == 1) return peer->buffer[0] == 1 && greet("\0\0\0\0", 4, happened);
    unsigned char init[24 + sizeof peer->name] = {
        (unsigned char)(peer->wishes.width >> 8), (unsigned char)peer->wishes.width, (unsigned char)(peer->wishes.height >> 8), (unsigned char)peer->wishes.height,
        32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0, 0, 0, 0, (unsigned char)strlen(peer->name),
    };
    memcpy(init + 24, peer->name, strlen(peer->name));
    return greet(init, 24 + strlen(peer->name), happened);
}

/* Return how long the message at the front is, 0 when that cannot be said yet, -1 when it was not agreed. */
static int length_of(const Peer *peer) {
    switch (peer->buffer[0]) {
    case 0: return 20;
    case 2: return peer->have < 4 ? 0 : number_16(peer->buffer + 2) > 256 ? -1 : 4 + 4 * number_16(peer->buffer + 2);
    case 3: return 10;
    case 4: return 8;
    case 5: return 6;
    default: return -1;
    }
}

static bool message(Peer *peer, Happened happened) {
    static const int qualities[] = {15, 29, 41, 42, 62, 77, 79, 86, 92, 100};
    const unsigned char *said = peer->buffer;
    Event event = {.kind = said[0]};
    if (said[0] == 0) {
        const unsigned char *form = said + 4;
        bool whole = form[0] == 32 && !form[2] && form[3] && number_16(form + 4) == 255 && number_16(form + 6) == 255 && number_16(form + 8) == 255;
        bool apart = form[10] != form[11] && form[11] != form[12] && form[10] != form[12];
        if (!whole || !apart || form[10] % 8 || form[11] % 8 || form[12] % 8 || form[10] > 24 || form[11] > 24 || form[12] > 24) return false;
        peer->wishes.red = form[10];
        peer->wishes.green = form[11];
        peer->wishes.blue = form[12];
    } else if (said[0] == 2) {
        peer->wishes.tight = peer->wishes.sizes = false;
        for (int n = number_16(said + 2) - 1; n >= 0; n--) {
            int32_t wanted = (int32_t)number_32(said + 4 + 4 * n);
            if (wanted == 7) peer->wishes.tight = true;
            if (wanted == -223) peer->wishes.sizes = true;
            if (wanted >= -32 && wanted <= -23) peer->wishes.quality = qualities[wanted + 32];
        }
    } else if (said[0] == 3) {
        event.incremental = said[1] != 0;
    } else if (said[0] == 4) {
        event.down = said[1] != 0;
        event.keysym = number_32(said + 4);
    } else {
        event.buttons = said[1];
        event.x = number_16(said + 2);
        event.y = number_16(said + 4);
    }
    return happened(&event, NULL, 0);
}

static void drop(Peer *peer, size_t length) {
    peer->have -= length;
    memmove(peer->buffer, peer->buffer + length, peer->have);
}

bool rfb_feed(Peer *peer, const unsigned char *bytes, size_t length, Happened happened) {
    static const size_t greetings[] = {12, 1, 1};
    while (length || peer->have) {
        size_t taken = sizeof peer->buffer - peer->have < length ? sizeof peer->buffer - peer->have : length;
        size_t before = peer->have + taken;
        memcpy(peer->buffer + peer->have, bytes, taken);
        peer->have += taken;
        bytes += taken;
        length -= taken;
        while (peer->stage < 3 && peer->have >= greetings[peer->stage]) {
            if (!greeting(peer, happened)) return false;
            drop(peer, greetings[peer->stage++]);
        }
        while (peer->stage == 3 && peer->have) {
            int whole = length_of(peer);
            if (whole < 0) return false;
            if (!whole || (size_t)whole > peer->have) break;
            if (!message(peer, happened)) return false;
            drop(peer, (size_t)whole);
        }
        if (!length && peer->have == before) break;
    }
    return true;
}

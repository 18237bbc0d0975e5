/* Rectangles in Tight: one colour, a palette packed exactly, or JPEG; raw for a viewer that wants nothing else. */
#include "amparo.h"
#include <stdlib.h>
#include <string.h>

#define COLOURS_MAX 96
#define SLOTS 256

void put(Buffer *buffer, const void *bytes, size_t length) {
    if (buffer->length + length > buffer->room) {
        size_t room = (buffer->length + length) * 2;
        unsigned char *larger = realloc(buffer->bytes, room);
        if (!larger) {
            buffer->broken = true;
            return;
        }
        buffer->bytes = larger;
        buffer->room = room;
    }
    memcpy(buffer->bytes + buffer->length, bytes, length);
    buffer->length += length;
}

void put_byte(Buffer *buffer, int byte) {
    unsigned char one = (unsigned char)byte;
    put(buffer, &one, 1);
}

void put_16(Buffer *buffer, int number) {
    put_byte(buffer, number >> 8);
    put_byte(buffer, number);
}

void put_32(Buffer *buffer, uint32_t number) {
    put_16(buffer, (int)(number >> 16));
    put_16(buffer, (int)(number & 0xFFFF));
}

static void put_compact(Buffer *buffer, size_t length) {
    put_byte(buffer, (int)(length & 127) | (length > 127 ? 128 : 0));
    if (length > 127) put_byte(buffer, (int)(length >> 7 & 127) | (length > 16383 ? 128 : 0));
    if (length > 16383) put_byte(buffer, (int)(length >> 14));
}

static void put_colour(Buffer *buffer, uint32_t pixel) {
    put_byte(buffer, (int)(pixel >> 16));
    put_byte(buffer, (int)(pixel >> 8));
    put_byte(buffer, (int)pixel);
}

/* deflate with the fixed codes of RFC 1951 */

typedef struct { Buffer *out; uint32_t bits; int count; } Bits;

static void put_bits(Bits *bits, uint32_t value, int count) {
    bits->bits |= value << bits->count;
    for (bits->count += count; bits->count >= 8; bits->count -= 8) {
        put_byte(bits->out, (int)(bits->bits & 255));
        bits->bits >>= 8;
    }
}

static void put_code(Bits *bits, uint32_t code, int count) {
    uint32_t turned = 0;
    for (int n = 0; n < count; n++) turned |= (code >> n & 1) << (count - 1 - n);
    put_bits(bits, turned, count);
}

static void put_symbol(Bits *bits, int symbol) {
    if (symbol < 144) put_code(bits, (uint32_t)(0x30 + symbol), 8);
    else if (symbol < 256) put_code(bits, (uint32_t)(0x190 + symbol - 144), 9);
    else if (symbol < 280) put_code(bits, (uint32_t)(symbol - 256), 7);
    else put_code(bits, (uint32_t)(0xC0 + symbol - 280), 8);
}

static void put_match(Bits *bits, int length, int distance) {
    static const unsigned short lengths[] = {3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
    static const unsigned short distances[] = {1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145};
    int code = 28;
    while (lengths[code] > length) code--;
    put_symbol(bits, 257 + code);
    if (code >= 8 && code < 28) put_bits(bits, (uint32_t)(length - lengths[code]), (code - 4) / 4);
    code = 25;
    while (distances[code] > distance) code--;
    put_code(bits, (uint32_t)code, 5);
    if (code >= 4) put_bits(bits, (uint32_t)(distance - distances[code]), code / 2 - 1);
}

/* Pack `data` (at most 8,192 bytes) as one zlib stream that is flushed, not ended. */
void deflate_fixed(Buffer *buffer, const unsigned char *data, int length) {
    static short last[4096];
    Bits bits = {buffer, 0, 0};
    memset(last, -1, sizeof last);
    put_16(buffer, 0x7801);
    put_bits(&bits, 2, 3);
    for (int at = 0; at < length;) {
        int best = 0, from = -1;
        if (at + 3 <= length) {
            unsigned hash = ((unsigned)(data[at] << 8 ^ data[at + 1] << 4 ^ data[at + 2]) * 2654435761u) >> 20;
            from = last[hash];
            last[hash] = (short)at;
            int tries[2] = {from, at - 1};
            for (int n = 0; n < 2; n++) {
                int run = 0;
                if (tries[n] < 0) continue;
                while (run < 258 && at + run < length && data[tries[n] + run] == data[at + run]) run++;
                if (run > best) best = run, from = tries[n];
            }
        }
        if (best >= 3) {
            put_match(&bits, best, at - from);
            at += best;
        } else {
            put_symbol(&bits, data[at++]);
        }
    }
    put_symbol(&bits, 256);
    put_bits(&bits, 0, 3);
    if (bits.count) put_bits(&bits, 0, 8 - bits.count);
    put_32(buffer, 0x0000FFFF);
}

/* Return how many colours a piece has, up to COLOURS_MAX, with the index of each pixel; 0 when it has more. */
static int palette(const uint32_t *pixels, int stride, int width, int height, uint32_t *colours, unsigned char *indices) {
    static short slots[SLOTS];
    int count = 0, index = -1;
    uint32_t before = 0xFFFFFFFF;
    memset(slots, -1, sizeof slots);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            uint32_t colour = pixels[y * stride + x] & 0xFFFFFF;
            if (colour != before) {
                unsigned slot = (colour * 2654435761u) >> 24;
                while (slots[slot] >= 0 && colours[slots[slot]] != colour) slot = (slot + 1) % SLOTS;
                if (slots[slot] < 0) {
                    if (count == COLOURS_MAX) return 0;
                    slots[slot] = (short)count;
                    colours[count++] = colour;
                }
                index = slots[slot];
                before = colour;
            }
            indices[y * width + x] = (unsigned char)index;
        }
    return count;
}

static void put_palette(Buffer *buffer, const uint32_t *colours, int count, unsigned char *indices, int width, int height) {
    int length = width * height;
    put_byte(buffer, 0x41); /* stream 0, begun anew, with a filter */
    put_byte(buffer, 1);
    put_byte(buffer, count - 1);
    for (int n = 0; n < count; n++) put_colour(buffer, colours[n]);
    if (count == 2) {
        int across = (width + 7) / 8;
        for (int y = 0; y < height; y++)
            for (int x = 0; x < across; x++) {
                int byte = 0;
                for (int bit = 0; bit < 8; bit++) byte = byte << 1 | (x * 8 + bit < width && indices[y * width + x * 8 + bit]);
                indices[y * across + x] = (unsigned char)byte;
            }
        length = across * height;
    }
    if (length < 12) {
        put(buffer, indices, (size_t)length);
        return;
    }
    Buffer packed = {0};
    deflate_fixed(&packed, indices, length);
    put_compact(buffer, packed.length);
    put(buffer, packed.bytes, packed.length);
    buffer->broken |= packed.broken;
    free(packed.bytes);
}

/* A piece is at most 64 pixels high; wider than 64 only when it is known to be a photograph. */
void encode_rectangle(Buffer *buffer, const uint32_t *pixels, int stride, int x, int y, int width, int height, const Wishes *wishes) {
    static uint32_t colours[COLOURS_MAX];
    static unsigned char indices[64 * 64];
    put_16(buffer, x);
    put_16(buffer, y);
    put_16(buffer, width);
    put_16(buffer, height);
    put_32(buffer, wishes->tight ? 7 : 0);
    if (!wishes->tight) {
        for (int row = 0; row < height; row++)
            for (int column = 0; column < width; column++) {
                uint32_t pixel = pixels[row * stride + column];
                uint32_t turned = (pixel >> 16 & 255) << wishes->red | (pixel >> 8 & 255) << wishes->green | (pixel & 255) << wishes->blue;
                put(buffer, &turned, 4);
            }
        return;
    }
    int count = width <= 64 ? palette(pixels, stride, width, height, colours, indices) : 0;
    if (count == 1) {
        put_byte(buffer, 0x80);
        put_colour(buffer, colours[0]);
    } else if (count) {
        put_palette(buffer, colours, count, indices, width, height);
    } else {
        Buffer packed = {0};
        jpeg(&packed, pixels, stride, width, height, wishes->quality);
        put_byte(buffer, 0x90);
        put_compact(buffer, packed.length);
        put(buffer, packed.bytes, packed.length);
        buffer->broken |= packed.broken;
        free(packed.bytes);
    }
}

/* Baseline JPEG (ITU-T T.81), one piece of the screen at a time: no subsampling, the tables of annex K. */
#include "amparo.h"
#include <math.h>
#include <string.h>

static const unsigned char dc_luma_bits[] = {
    0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0,
};
static const unsigned char dc_luma_values[] = {
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
};
static const unsigned char ac_luma_bits[] = {
    0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125,
};
static const unsigned char ac_luma_values[] = {
    1, 2, 3, 0, 4, 17, 5, 18, 33, 49, 65, 6, 19, 81, 97, 7, 34, 113, 20, 50, 129, 145, 161, 8,
    35, 66, 177, 193, 21, 82, 209, 240, 36, 51, 98, 114, 130, 9, 10, 22, 23, 24, 25, 26, 37, 38, 39, 40,
    41, 42, 52, 53, 54, 55, 56, 57, 58, 67, 68, 69, 70, 71, 72, 73, 74, 83, 84, 85, 86, 87, 88, 89,
    90, 99, 100, 101, 102, 103, 104, 105, 106, 115, 116, 117, 118, 119, 120, 121, 122, 131, 132, 133, 134, 135, 136, 137,
    138, 146, 147, 148, 149, 150, 151, 152, 153, 154, 162, 163, 164, 165, 166, 167, 168, 169, 170, 178, 179, 180, 181, 182,
    183, 184, 185, 186, 194, 195, 196, 197, 198, 199, 200, 201, 202, 210, 211, 212, 213, 214, 215, 216, 217, 218, 225, 226,
    227, 228, 229, 230, 231, 232, 233, 234, 241, 242, 243, 244, 245, 246, 247, 248, 249, 250,
};
static const unsigned char dc_chroma_bits[] = {
    0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0,
};
static const unsigned char dc_chroma_values[] = {
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
};
static const unsigned char ac_chroma_bits[] = {
    0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119,
};
static const unsigned char ac_chroma_values[] = {
    0, 1, 2, 3, 17, 4, 5, 33, 49, 6, 18, 65, 81, 7, 97, 113, 19, 34, 50, 129, 8, 20, 66, 145,
    161, 177, 193, 9, 35, 51, 82, 240, 21, 98, 114, 209, 10, 22, 36, 52, 225, 37, 241, 23, 24, 25, 26, 38,
    39, 40, 41, 42, 53, 54, 55, 56, 57, 58, 67, 68, 69, 70, 71, 72, 73, 74, 83, 84, 85, 86, 87, 88,
    89, 90, 99, 100, 101, 102, 103, 104, 105, 106, 115, 116, 117, 118, 119, 120, 121, 122, 130, 131, 132, 133, 134, 135,
    136, 137, 138, 146, 147, 148, 149, 150, 151, 152, 153, 154, 162, 163, 164, 165, 166, 167, 168, 169, 170, 178, 179, 180,
    181, 182, 183, 184, 185, 186, 194, 195, 196, 197, 198, 199, 200, 201, 202, 210, 211, 212, 213, 214, 215, 216, 217, 218,
    226, 227, 228, 229, 230, 231, 232, 233, 234, 242, 243, 244, 245, 246, 247, 248, 249, 250,
};
static const unsigned char zigzag[64] = {
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
    35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
};
static const unsigned char luma[64] = {
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
};
static const unsigned char chroma[64] = {
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
};

typedef struct { unsigned short code[256]; unsigned char size[256]; } Codes;
typedef struct { Buffer *out; uint32_t bits; int count; } Bits;

static Codes dc[2], ac[2];
static unsigned char table[2][64];  /* as written, in zigzag order */
static float divisor[2][64];
static int ready_for = -1;

static void make_codes(Codes *codes, const unsigned char *bits, const unsigned char *values) {
    unsigned code = 0;
    for (int length = 1, at = 0; length <= 16; length++, code <<= 1)
        for (int n = 0; n < bits[length - 1]; n++, code++) {
            codes->code[values[at]] = (unsigned short)code;
            codes->size[values[at++]] = (unsigned char)length;
        }
}

static void prepare(int quality) {
    static const float scale[8] = {1.0f, 1.387039845f, 1.306562965f, 1.175875602f, 1.0f, 0.785694958f, 0.541196100f, 0.275899379f};
    if (ready_for == quality) return;
    make_codes(&dc[0], dc_luma_bits, dc_luma_values);
    make_codes(&ac[0], ac_luma_bits, ac_luma_values);
    make_codes(&dc[1], dc_chroma_bits, dc_chroma_values);
    make_codes(&ac[1], ac_chroma_bits, ac_chroma_values);
    int factor = quality < 50 ? 5000 / quality : 200 - 2 * quality;
    for (int which = 0; which < 2; which++)
        for (int n = 0; n < 64; n++) {
            int at = zigzag[n], step = ((which ? chroma : luma)[at] * factor + 50) / 100;
            step = step < 1 ? 1 : step > 255 ? 255 : step;
            table[which][n] = (unsigned char)step;
            divisor[which][at] = 1.0f / ((float)step * scale[at / 8] * scale[at % 8] * 8.0f);
        }
    ready_for = quality;
}

/* The scaled transform of Arai, Agui and Nakajima, on eight values `step` apart. */
static void transform(float *v, int step) {
    float a0 = v[0] + v[7 * step], a7 = v[0] - v[7 * step], a1 = v[step] + v[6 * step], a6 = v[step] - v[6 * step];
    float a2 = v[2 * step] + v[5 * step], a5 = v[2 * step] - v[5 * step], a3 = v[3 * step] + v[4 * step], a4 = v[3 * step] - v[4 * step];
    float b0 = a0 + a3, b3 = a0 - a3, b1 = a1 + a2, b2 = a1 - a2, z = (b2 + b3) * 0.707106781f;
    v[0] = b0 + b1;
    v[4 * step] = b0 - b1;
    v[2 * step] = b3 + z;
    v[6 * step] = b3 - z;
    b0 = a4 + a5;
    b1 = a5 + a6;
    b2 = a6 + a7;
    float z5 = (b0 - b2) * 0.382683433f, z2 = 0.541196100f * b0 + z5, z4 = 1.306562965f * b2 + z5, z3 = b1 * 0.707106781f;
    float c1 = a7 + z3, c3 = a7 - z3;
    v[5 * step] = c3 + z2;
    v[3 * step] = c3 - z2;
    v[step] = c1 + z4;
    v[7 * step] = c1 - z4;
}

static void put_bits(Bits *bits, uint32_t value, int count) {
    bits->bits = bits->bits << count | (value & ((1u << count) - 1));
    for (bits->count += count; bits->count >= 8; bits->count -= 8) {
        int byte = (int)(bits->bits >> (bits->count - 8) & 255);
        put_byte(bits->out, byte);
        if (byte == 255) put_byte(bits->out, 0);
    }
}

static int magnitude(int value) {
    int size = 0;
    for (value = value < 0 ? -value : value; value; value >>= 1) size++;
    return size;
}

static int block(Bits *bits, float *values, int which, int before) {
    int found[64], last = 0;
    for (int n = 0; n < 8; n++) transform(values + 8 * n, 1);
    for (int n = 0; n < 8; n++) transform(values + n, 8);
    for (int n = 0; n < 64; n++) {
        float exact = values[zigzag[n]] * divisor[which][zigzag[n]];
        found[n] = (int)(exact < 0 ? exact - 0.5f : exact + 0.5f);
        if (n && found[n]) last = n;
    }
    int difference = found[0] - before, size = magnitude(difference);
    put_bits(bits, dc[which].code[size], dc[which].size[size]);
    if (size) put_bits(bits, (uint32_t)(difference < 0 ? difference - 1 : difference), size);
    for (int n = 1, zeros = 0; n <= last; n++) {
        if (!found[n]) {
            zeros++;
            continue;
        }
        for (; zeros > 15; zeros -= 16) put_bits(bits, ac[which].code[0xF0], ac[which].size[0xF0]);
        size = magnitude(found[n]);
        int symbol = zeros << 4 | size;
        put_bits(bits, ac[which].code[symbol], ac[which].size[symbol]);
        put_bits(bits, (uint32_t)(found[n] < 0 ? found[n] - 1 : found[n]), size);
        zeros = 0;
    }
    if (last < 63) put_bits(bits, ac[which].code[0], ac[which].size[0]);
    return found[0];
}

static void put_table(Buffer *buffer, int name, const unsigned char *bits, const unsigned char *values, size_t count) {
    put_byte(buffer, name);
    put(buffer, bits, 16);
    put(buffer, values, count);
}

static void head(Buffer *buffer, int width, int height) {
    static const unsigned char begins[] = {0xFF, 0xD8, 0xFF, 0xE0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 0xFF, 0xDB, 0, 132, 0};
    static const unsigned char parts[] = {3, 1, 0x11, 0, 2, 0x11, 1, 3, 0x11, 1, 0xFF, 0xC4, 0x01, 0xA2};
    static const unsigned char scan[] = {0xFF, 0xDA, 0, 12, 3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0};
    put(buffer, begins, sizeof begins);
    put(buffer, table[0], 64);
    put_byte(buffer, 1);
    put(buffer, table[1], 64);
    put_32(buffer, 0xFFC00011);
    put_byte(buffer, 8);
    put_16(buffer, height);
    put_16(buffer, width);
    put(buffer, parts, sizeof parts);
    put_table(buffer, 0x00, dc_luma_bits, dc_luma_values, sizeof dc_luma_values);
    put_table(buffer, 0x10, ac_luma_bits, ac_luma_values, sizeof ac_luma_values);
    put_table(buffer, 0x01, dc_chroma_bits, dc_chroma_values, sizeof dc_chroma_values);
    put_table(buffer, 0x11, ac_chroma_bits, ac_chroma_values, sizeof ac_chroma_values);
    put(buffer, scan, sizeof scan);
}

void jpeg(Buffer *buffer, const uint32_t *pixels, int stride, int width, int height, int quality) {
    Bits bits = {buffer, 0, 0};
    int before[3] = {0, 0, 0};
    float parts[3][64];
    prepare(quality);
    head(buffer, width, height);
    for (int top = 0; top < height; top += 8)
        for (int left = 0; left < width; left += 8) {
            for (int n = 0; n < 64; n++) {
                int y = top + n / 8, x = left + n % 8;
                uint32_t pixel = pixels[(y < height ? y : height - 1) * stride + (x < width ? x : width - 1)];
                float red = (float)(pixel >> 16 & 255), green = (float)(pixel >> 8 & 255), blue = (float)(pixel & 255);
                parts[0][n] = 0.299f * red + 0.587f * green + 0.114f * blue - 128.0f;
                parts[1][n] = -0.168736f * red - 0.331264f * green + 0.5f * blue;
                parts[2][n] = 0.5f * red - 0.418688f * green - 0.081312f * blue;
            }
            for (int part = 0; part < 3; part++) before[part] = block(&bits, parts[part], part > 0, before[part]);
        }
    if (bits.count) put_bits(&bits, 0x7F, 8 - bits.count);
    put_16(buffer, 0xFFD9);
}

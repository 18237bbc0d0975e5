/* frames.c: also everything that the window sends goes through its thread, so that a slow line never holds up the stop. */
#ifndef FRAMES_H
#define FRAMES_H
#include "amparo.h"
void say(Line *line, const char *text);
void say_bytes(Line *line, const void *bytes, size_t length);
bool said_all(int milliseconds);
#endif

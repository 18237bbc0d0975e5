"""Videos: a gallery by product and theme, with captions, chapters and a transcript that is found by the second. SRC-3.

Words: a *source* is the file as staff uploaded it, never given out; a *conversion* makes our own *renditions* of it
(720p, 1080p, a stream in pieces for long ones, the poster), one at a time beside everything else; a *track* is a file of
*cues* (captions or chapters) kept as plain text; *published* is what readers see.
Rules: SRC-3, ACC-1, ACC-11; SEC-21, SEC-22, SEC-25, SEC-26, SEC-27.
Doors: `commands`, `queries`, `access`, `errors`, `rules` (pure), `models` for types.
"""

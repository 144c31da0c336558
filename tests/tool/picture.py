#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""picture.py FILE.svg FILE.png SCALE: do the pixels show what the SVG says?

The PNG has SCALE pixels for each unit of the SVG. Every cell must have its colour (off by one at
most), its number or hatch must be seen, every text must be there, and the ground must be white.
Prints a line for each cell: its tooltip, TAB, the lightness of its pixels (0 to 255).
"""
import re
import struct
import sys
import xml.dom.minidom
import zlib

import numpy as np


def unfilter(kind, line, above, step):
    """One line of a PNG, from its filtered bytes and the line above it."""
    if kind == 0:
        return line
    if kind == 1:
        return np.cumsum(line.reshape(-1, step), axis=0, dtype=np.uint64).astype(np.uint8).ravel()
    if kind == 2:
        return line + above
    out, line, above = bytearray(step + len(line)), line.tolist(), [0] * step + above.tolist()
    for i, byte in enumerate(line):
        a, b, c = out[i], above[i + step], above[i]
        if kind == 3:
            guess = (a + b) // 2
        else:
            pa, pb, pc = abs(b - c), abs(a - c), abs(a + b - 2 * c)
            guess = a if pa <= pb and pa <= pc else b if pb <= pc else c
        out[i + step] = (byte + guess) & 255
    return np.frombuffer(bytes(out[step:]), np.uint8)


def read_png(path):
    """The pixels [height, width, 3] of an 8-bit picture without a palette, on white."""
    data = open(path, "rb").read()
    assert data[:8] == b"\x89PNG\r\n\x1a\n", f"{path} is no PNG"
    at, packed = 8, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + size]
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", body)
            assert depth == 8 and colour in (2, 6) and not interlaced, "another kind of PNG"
        elif kind == b"IDAT":
            packed += body
        elif kind == b"IEND":
            break
        at += 12 + size
    else:
        raise AssertionError(f"{path} has no end")
    step = 3 if colour == 2 else 4
    lines = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(height, 1 + width * step)
    rows = [np.zeros(width * step, np.uint8)]
    for line in lines:
        rows.append(unfilter(line[0], line[1:], rows[-1], step))
    pixels = np.array(rows[1:]).reshape(height, width, step).astype(float)
    if step == 3:
        return pixels
    opaque = pixels[..., 3:] / 255
    return pixels[..., :3] * opaque + 255 * (1 - opaque)


class Picture:
    """A PNG, addressed in units of the SVG."""

    def __init__(self, path, scale):
        self.pixels, self.scale = read_png(path), scale

    def at(self, x, y):
        return self.pixels[int(y * self.scale), int(x * self.scale)]

    def box(self, x, y, width, height):
        s, x, y = self.scale, max(x, 0), max(y, 0)
        return self.pixels[int(y * s) : int((y + height) * s), int(x * s) : int((x + width) * s)]


def numbers(element, *names):
    return [float(element.getAttribute(name)) for name in names]


def colour(text):
    return [int(text[i : i + 2], 16) for i in (1, 3, 5)]


def check_cell(picture, group):
    rect = group.getElementsByTagName("rect")[0]
    title = group.getElementsByTagName("title")[0].firstChild.data
    x, y, width, height = numbers(rect, "x", "y", "width", "height")
    fill = colour(rect.getAttribute("fill"))
    number = group.getElementsByTagName("text")
    hatched = group.getElementsByTagName("path")
    # above what stands there; lines of a hatch leave more than half of it
    top = picture.box(x + 1, y + 1, width - 2, max(4, height / 5)).reshape(-1, 3)
    plain = (abs(top - fill).max(axis=1) <= 1).mean()
    assert plain > 0.99 or (hatched and 0.4 < plain < 0.95), f"{title}: {plain} of it is {fill}"
    middle = picture.box(x + 2, y + height / 3, width - 4, height / 3)
    differs = abs(middle - fill).max() > 100
    assert differs == bool(number) or hatched, f"{title}: {'no' if number else 'a'} number is seen"
    seen = np.median(top, axis=0)
    assert abs(seen - fill).max() <= 1, f"{title}: {seen}, not {fill}"
    print(title, "%.2f" % (seen @ [0.299, 0.587, 0.114]), sep="\t")


def check_text(picture, text):
    """Is there ink where the text begins, or ends?"""
    place = text.getAttribute("transform")
    if place:
        x, y, turn = map(float, re.match(r"translate\((\d+) (\d+)\)rotate\((-\d+)\)", place).groups())
        area = picture.box(x - 10, y - 8, 14, 16) if turn == -90 else picture.box(x - 4, y - 12, 14, 14)
    else:
        x, y = numbers(text, "x", "y")
        left = {"e": 8, "m": 5}.get(text.getAttribute("class")[:1], 0)
        area = picture.box(x - left, y - 10, 10, 13)
    assert area.min() < 160, f"no text '{text.firstChild.data}' at {x} {y}"


def main():
    svg, png, scale = sys.argv[1:]
    picture = Picture(png, float(scale))
    document = xml.dom.minidom.parse(svg)
    width, height = numbers(document.documentElement, "width", "height")
    assert picture.pixels.shape[0] >= height * picture.scale, picture.pixels.shape
    assert picture.pixels.shape[1] >= width * picture.scale, picture.pixels.shape
    for corner in (1, 1), (width - 2, 1), (1, height - 2), (width - 2, height - 2):
        assert picture.at(*corner).min() == 255, f"the ground at {corner} is not white"
    groups = document.getElementsByTagName("g")
    assert groups, "no cells"
    for group in groups:
        check_cell(picture, group)
    for text in document.getElementsByTagName("text"):
        if text.parentNode.tagName != "g" and text.firstChild.data.strip():
            check_text(picture, text)


main()

"""Compiled helpers over bytes: unaligned loads, hashes, comparison.

They run without the interpreter's lock. Hashes are seeded, so that nobody outside can prepare lines that
collide: anew in each process, but for the lines' own, whose seed the caller may give. Words are read
whole: a buffer has at least eight bytes behind its last line.
"""

from __future__ import annotations

import secrets
from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from iesiz.compiled import compiled

Bytes = npt.NDArray[np.uint8]
SEED, CHECK_SEED = (np.uint64(secrets.randbits(63) | 1) for _ in range(2))
_MULTIPLIER = np.uint64(0xFF51AFD7ED558CCD)
_FINISHER = np.uint64(0xC4CEB9FE1A85EC53)
_ONES = np.uint64(0x0101010101010101)
_HIGHS = np.uint64(0x8080808080808080)
_ONE = np.uint64(1)


@intrinsic
def load_word(typing_context: Any, array: Any, index: Any) -> Any:
    """Eight bytes from any position as one little-endian word; the caller keeps within the array."""
    signature = types.uint64(array, types.int64)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        place = builder.bitcast(builder.gep(data, [arguments[1]]), ir.IntType(64).as_pointer())
        word = builder.load(place)
        word.align = 1
        return word

    return signature, generate


@intrinsic
def folded_product(typing_context: Any, one: Any, other: Any) -> Any:
    """The two halves of a product of 128 bits, one xor the other."""
    signature = types.uint64(types.uint64, types.uint64)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        whole, half = ir.IntType(128), ir.IntType(64)
        product = builder.mul(*(builder.zext(argument, whole) for argument in arguments))
        high = builder.trunc(builder.lshr(product, ir.Constant(whole, 64)), half)
        return builder.xor(builder.trunc(product, half), high)

    return signature, generate


@compiled
def hash_bytes(buffer: Bytes, start: int, length: int, seed: np.uint64) -> np.uint64:
    """64-bit hash of ``buffer[start:start + length]``, after wyhash (W. Yi).

    Two words are multiplied after each was mixed with what follows from the seed, so that which texts collide
    depends on it. Two chains of products keep the processor busy; the last words may overlap those before
    them. The length goes in last.
    """
    # All three are far from 0 and 1, by which a product would tell too much of the other word.
    key, state, other = seed * _MULTIPLIER | _ONE, seed ^ _FINISHER, (seed ^ _MULTIPLIER) * _FINISHER
    end = start + length
    if length < 8:
        kept = load_word(buffer, start) & ((_ONE << np.uint64(8 * max(length, 0))) - _ONE)
        return folded_product(folded_product(kept ^ key, state) ^ np.uint64(length), other)
    at = start
    while at + 32 < end:
        state = folded_product(load_word(buffer, at) ^ key, load_word(buffer, at + 8) ^ state)
        other = folded_product(load_word(buffer, at + 16) ^ key, load_word(buffer, at + 24) ^ other)
        at += 32
    if at + 16 < end:
        other = folded_product(load_word(buffer, at) ^ key, load_word(buffer, at + 8) ^ other)
    last = max(end - 16, start)
    state = folded_product(load_word(buffer, last) ^ key, load_word(buffer, end - 8) ^ state)
    return folded_product(state ^ np.uint64(length), other)


@compiled
def same_bytes(held: Bytes, place: int, buffer: Bytes, start: int, length: int) -> bool:
    """Whether a stretch of one buffer equals one of another, or of the same."""
    at = 0
    while at + 8 <= length:
        if load_word(held, place + at) != load_word(buffer, start + at):
            return False
        at += 8
    while at < length:
        if held[place + at] != buffer[start + at]:
            return False
        at += 1
    return True


@intrinsic
def low_zeros(typing_context: Any, word: Any) -> Any:
    """Zero bits below the lowest bit that is set; 64 if none is."""
    signature = types.int64(types.uint64)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return signature, generate


@compiled
def marks_of(word: np.uint64, repeated: np.uint64) -> np.uint64:
    """High bits of a word's bytes, the lowest at the first byte that is the one repeated; 0 if none is.

    H. S. Warren, Hacker's Delight, 6-1; bits above the lowest may mark other bytes.
    """
    mixed = word ^ repeated
    return (mixed - _ONES) & ~mixed & _HIGHS


@compiled
def find_byte(buffer: Bytes, start: int, end: int, byte: int) -> int:
    """Position of the first such byte, or ``end``; reads up to 7 bytes beyond ``end``."""
    repeated = np.uint64(byte) * _ONES
    at = start
    while at < end:
        marks = marks_of(load_word(buffer, at), repeated)
        if marks != np.uint64(0):
            return min(at + (low_zeros(marks) >> 3), end)
        at += 8
    return end


@compiled
def words_with(buffer: Bytes, start: int, end: int, byte: int) -> int:
    """How many words of eight bytes from ``start`` on hold a byte; the last one may reach beyond ``end``."""
    repeated = np.uint64(byte) * _ONES
    count = 0
    for step in range((end - start + 7) >> 3):
        count += marks_of(load_word(buffer, start + 8 * step), repeated) != np.uint64(0)
    return count


@compiled
def count_lines(buffer: Bytes, size: int) -> int:
    """Lines in a block; a last one without a line end counts.

    A line end adds one to the byte of ``counted`` at its place in the word, so that the loop over words only
    adds and shifts; the bytes are added up before one can overflow.
    """
    ends = np.uint64(10) * _ONES
    count, at = 0, 0
    while at + 8 <= size:
        counted = np.uint64(0)
        for step in range(min((size - at) >> 3, 255)):
            mixed = load_word(buffer, at + 8 * step) ^ ends
            counted += ~(((mixed & ~_HIGHS) + ~_HIGHS) | mixed | ~_HIGHS) >> np.uint64(7)
        at += 8 * min((size - at) >> 3, 255)
        for byte in range(8):
            count += np.int64(counted >> np.uint64(8 * byte) & np.uint64(255))
    for rest in range(at, size):
        count += buffer[rest] == 10
    return count + (size > 0 and buffer[size - 1] != 10)

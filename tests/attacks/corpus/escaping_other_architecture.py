"""Makes system calls of the 32-bit table, which filters forget.

must: crashed
"""

import ctypes
import mmap


def double(x):
    page = mmap.mmap(-1, 4096, prot=7)
    page.write(b"\xb8\x02\x00\x00\x00\xcd\x80\xc3")  # mov eax, fork; int 0x80; ret
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    ctypes.CFUNCTYPE(ctypes.c_int)(address)()
    return x

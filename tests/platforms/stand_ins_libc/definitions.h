// SPDX-License-Identifier: MIT
// What the C headers of macOS and FreeBSD define, and musl's do not.
#pragma once

typedef unsigned __uint32_t;

#define _CTYPE_A 0x100
#define _CTYPE_B 0x200
#define _CTYPE_C 0x400
#define _CTYPE_D 0x800
#define _CTYPE_G 0x1000
#define _CTYPE_L 0x2000
#define _CTYPE_P 0x4000
#define _CTYPE_R 0x8000
#define _CTYPE_S 0x10000
#define _CTYPE_U 0x20000
#define _CTYPE_X 0x40000

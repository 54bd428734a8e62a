// SPDX-License-Identifier: MIT
// Stands in for the header of macOS and FreeBSD: what the standard library uses of it.
#pragma once

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#ifdef __cplusplus
extern "C" {
#endif

long long strtoll_l(const char* text, char** end, int base, locale_t locale);
unsigned long long strtoull_l(const char* text, char** end, int base, locale_t locale);
int sscanf_l(const char* text, locale_t locale, const char* format, ...);
int snprintf_l(char* to, size_t size, locale_t locale, const char* format, ...);
int asprintf_l(char** to, locale_t locale, const char* format, ...);

#ifdef __cplusplus
}
#endif

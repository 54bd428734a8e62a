// SPDX-License-Identifier: MIT
// What this library calls of Windows, declared as <windows.h> declares it, which may come before or
// after: that header would give our users macros named min, max, small and ERROR.
#pragma once

#include <cstdint>

#include "parking_lot/detail/config.hpp"

#if defined(_MSC_VER)
#pragma comment(lib, "synchronization")
// The linker refuses a module whose translation units disagree about parking_lot's switches.
#pragma detect_mismatch("parking_lot", PARKING_LOT_TEXT(PARKING_LOT_ABI))
#endif

#if defined(NO_STRICT)
#define PARKING_LOT_HMODULE void*
#else
struct HINSTANCE__;
#define PARKING_LOT_HMODULE HINSTANCE__*
#endif
#if defined(_WIN64)
#define PARKING_LOT_SIZE_T unsigned long long
#else
#define PARKING_LOT_SIZE_T unsigned long
#endif
#define PARKING_LOT_WINDOWS(Result) __declspec(dllimport) Result __stdcall

struct _SECURITY_ATTRIBUTES;

extern "C" {

// In synchronization.lib, since Windows 8. These are imported without __declspec(dllimport), as
// <windows.h> says so.
int __stdcall WaitOnAddress(volatile void* address, void* compared, PARKING_LOT_SIZE_T size,
                            unsigned long milliseconds);
void __stdcall WakeByAddressSingle(void* address);
void __stdcall WakeByAddressAll(void* address);

PARKING_LOT_WINDOWS(void) FlushProcessWriteBuffers();
PARKING_LOT_WINDOWS(unsigned long) GetCurrentThreadId();
PARKING_LOT_WINDOWS(unsigned long) GetCurrentProcessId();
PARKING_LOT_WINDOWS(void*) GetProcessHeap();
PARKING_LOT_WINDOWS(unsigned long) GetLastError();
PARKING_LOT_WINDOWS(void) SetLastError(unsigned long error);
PARKING_LOT_WINDOWS(unsigned long)
GetEnvironmentVariableA(const char* name, char* buffer, unsigned long size);

PARKING_LOT_WINDOWS(void*)
CreateFileMappingA(void* file, _SECURITY_ATTRIBUTES* attributes, unsigned long protection,
                   unsigned long size_high, unsigned long size_low, const char* name);
PARKING_LOT_WINDOWS(void*)
MapViewOfFile(void* mapping, unsigned long access, unsigned long offset_high,
              unsigned long offset_low, PARKING_LOT_SIZE_T size);
PARKING_LOT_WINDOWS(int) UnmapViewOfFile(const void* view);
PARKING_LOT_WINDOWS(int) CloseHandle(void* handle);

PARKING_LOT_WINDOWS(PARKING_LOT_HMODULE) GetModuleHandleA(const char* name);
PARKING_LOT_WINDOWS(int)
GetModuleHandleExA(unsigned long flags, const char* name, PARKING_LOT_HMODULE* module);
PARKING_LOT_WINDOWS(unsigned long)
GetModuleFileNameA(PARKING_LOT_HMODULE module, char* buffer, unsigned long size);
__declspec(dllimport) std::intptr_t(__stdcall* __stdcall GetProcAddress(PARKING_LOT_HMODULE module,
                                                                        const char* name))();

}  // extern "C"

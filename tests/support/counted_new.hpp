// SPDX-License-Identifier: MIT
// Replaces operator new to count what is allocated. For one translation unit of a program.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace parking_lot::test {

inline std::atomic<int> allocations{0};
inline constinit thread_local bool counts_allocations = false;

/// Counts what this thread allocates in the scope.
class CountAllocations {
  public:
    CountAllocations() { counts_allocations = true; }
    CountAllocations(const CountAllocations&) = delete;
    CountAllocations& operator=(const CountAllocations&) = delete;
    ~CountAllocations() { counts_allocations = false; }
};

inline void* allocate(std::size_t size) {
    if (counts_allocations) ++allocations;
    if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
    std::abort();
}

}  // namespace parking_lot::test

// The forms for arrays call these. Not inline: GCC would see malloc() in one, or free() in another,
// and warn of a mismatch.
[[gnu::noinline]] void* operator new(std::size_t size) { return parking_lot::test::allocate(size); }
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return parking_lot::test::allocate(size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

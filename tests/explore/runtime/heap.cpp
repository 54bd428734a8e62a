// SPDX-License-Identifier: MIT
// The heap: an arena in which nothing is used again before the next schedule. So what one thread
// frees and another allocates does not look like a race, and who touches what was freed is found.
#include "explore/runtime/heap.hpp"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

#include "explore/runtime/memory.hpp"
#include "explore/runtime/scheduler.hpp"
#include "explore/runtime/trace.hpp"

namespace explore {
namespace {

constexpr std::size_t kApart = 64;

alignas(kApart) std::array<std::byte, 1 << 20> arena;
std::size_t used = 0;

/// A block of the arena has its size in front of it.
void* allocate_block(std::size_t size) {
    const Unobserved here;
    auto* const block = static_cast<std::byte*>(allocate(kApart + size));
    std::memcpy(block, &size, sizeof(size));
    return block + kApart;
}

void free_block(void* block, const void* pc) {
    if (!is_observed) return;
    const Unobserved here;
    std::size_t size = 0;
    std::memcpy(&size, static_cast<std::byte*>(block) - kApart, sizeof(size));
    memory.bury(reinterpret_cast<std::uintptr_t>(block), size, pc);
}

bool is_in_arena(const void* block) {
    const auto address = reinterpret_cast<std::uintptr_t>(block);
    return address - reinterpret_cast<std::uintptr_t>(arena.data()) < arena.size();
}

void* or_abort(void* block) {
    if (block == nullptr) std::abort();
    return block;
}

void release(void* block, const void* pc) {
    is_in_arena(block) ? free_block(block, pc) : std::free(block);
}

}  // namespace

void* allocate(std::size_t size) {
    void* const result = arena.data() + used;
    used += (size + kApart - 1) / kApart * kApart;
    if (used > arena.size()) fail("explore: the arena is too small");
    std::memset(result, 0, size);
    return result;
}

void reset_heap() { used = 0; }

}  // namespace explore

// The program's, in place of the standard library's; the forms that are missing call these.

void* operator new(std::size_t size) {
    using namespace explore;
    return is_observed ? allocate_block(size) : or_abort(std::malloc(size));
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    using namespace explore;
    const auto align = static_cast<std::size_t>(alignment);
    if (is_observed && align <= kApart) return allocate_block(size);
    return or_abort(std::aligned_alloc(align, (size + align - 1) / align * align));
}

void operator delete(void* block) noexcept { explore::release(block, __builtin_return_address(0)); }
void operator delete(void* block, std::size_t) noexcept {
    explore::release(block, __builtin_return_address(0));
}
void operator delete(void* block, std::align_val_t) noexcept {
    explore::release(block, __builtin_return_address(0));
}
void operator delete(void* block, std::size_t, std::align_val_t) noexcept {
    explore::release(block, __builtin_return_address(0));
}

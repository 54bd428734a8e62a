// SPDX-License-Identifier: MIT
// The functions that -fsanitize=thread makes the compiler call: this in place of ThreadSanitizer's
// own library. What is not observed (start-up, the program's main thread) is simply executed.
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "explore/runtime/memory.hpp"
#include "explore/runtime/scheduler.hpp"
#include "explore/runtime/trace.hpp"

namespace explore {
namespace {

using Pc = const void*;

std::uintptr_t to_number(const volatile void* address) {
    return reinterpret_cast<std::uintptr_t>(address);
}

// Where errno is: the fibers share it, and none leaves it to another.
bool is_errno(const void* address) { return address == &errno; }

void plain(const void* address, std::size_t size, bool writes, Pc pc) {
    if (!is_observed || size == 0 || is_errno(address)) return;
    const Unobserved here;
    memory.plain_access(to_number(address), size, writes, pc);
}

Order order_of(int order) { return static_cast<Order>(order & 7); }

template <class Word>
Word load(const volatile Word* address, int order, Pc pc) {
    if (!is_observed) return __atomic_load_n(address, __ATOMIC_SEQ_CST);
    const Unobserved here;
    return static_cast<Word>(memory.load({to_number(address), sizeof(Word)}, order_of(order), pc));
}

template <class Word>
void store(volatile Word* address, Word value, int order, Pc pc) {
    if (!is_observed) return __atomic_store_n(address, value, __ATOMIC_SEQ_CST);
    const Unobserved here;
    memory.store({to_number(address), sizeof(Word)}, value, order_of(order), pc);
}

template <class Word>
Word change(volatile Word* address, Word operand, int order, Pc pc, Memory::Operation operation) {
    if (!is_observed) {
        const Word before = *address;  // there are no other threads
        *address = static_cast<Word>(operation(before, operand));
        return before;
    }
    const Unobserved here;
    return static_cast<Word>(memory.read_modify_write({to_number(address), sizeof(Word)}, operation,
                                                      operand, order_of(order), pc));
}

template <class Word>
bool exchange_if(volatile Word* address, Word* expected, Word desired, int success, int failure,
                 bool is_weak, Pc pc) {
    if (!is_observed) {
        return __atomic_compare_exchange_n(address, expected, desired, false, __ATOMIC_SEQ_CST,
                                           __ATOMIC_SEQ_CST);
    }
    const Unobserved here;
    std::uint64_t before = *expected;
    const bool done = memory.compare_exchange({to_number(address), sizeof(Word)}, before, desired,
                                              order_of(success), order_of(failure), is_weak, pc);
    *expected = static_cast<Word>(before);
    return done;
}

constexpr Memory::Operation kExchange = [](std::uint64_t, std::uint64_t b) { return b; };
constexpr Memory::Operation kAdd = [](std::uint64_t a, std::uint64_t b) { return a + b; };
constexpr Memory::Operation kSub = [](std::uint64_t a, std::uint64_t b) { return a - b; };
constexpr Memory::Operation kAnd = [](std::uint64_t a, std::uint64_t b) { return a & b; };
constexpr Memory::Operation kOr = [](std::uint64_t a, std::uint64_t b) { return a | b; };
constexpr Memory::Operation kXor = [](std::uint64_t a, std::uint64_t b) { return a ^ b; };
constexpr Memory::Operation kNand = [](std::uint64_t a, std::uint64_t b) { return ~(a & b); };

}  // namespace
}  // namespace explore

using namespace explore;  // NOLINT: the hooks are C functions

// Not an expression: only the hook itself knows where it returns to.
#define CALLER __builtin_return_address(0)

#define PLAIN_ACCESSES(size)                                                                 \
    void __tsan_read##size(void* address) { plain(address, size, false, CALLER); }           \
    void __tsan_write##size(void* address) { plain(address, size, true, CALLER); }           \
    void __tsan_unaligned_read##size(void* address) { plain(address, size, false, CALLER); } \
    void __tsan_unaligned_write##size(void* address) { plain(address, size, true, CALLER); } \
    void __tsan_volatile_read##size(void* address) { plain(address, size, false, CALLER); }  \
    void __tsan_volatile_write##size(void* address) { plain(address, size, true, CALLER); }

#define CHANGE(bits, name, operation)                                                          \
    std::uint##bits##_t __tsan_atomic##bits##_##name(volatile std::uint##bits##_t* address,    \
                                                     std::uint##bits##_t operand, int order) { \
        return change(address, operand, order, CALLER, operation);                             \
    }

#define EXCHANGE_IF(bits, name, is_weak)                                                   \
    int __tsan_atomic##bits##_compare_exchange_##name(                                     \
        volatile std::uint##bits##_t* address, std::uint##bits##_t* expected,              \
        std::uint##bits##_t desired, int success, int failure) {                           \
        return exchange_if(address, expected, desired, success, failure, is_weak, CALLER); \
    }

#define ATOMICS(bits)                                                                           \
    std::uint##bits##_t __tsan_atomic##bits##_load(const volatile std::uint##bits##_t* address, \
                                                   int order) {                                 \
        return load(address, order, CALLER);                                                    \
    }                                                                                           \
    void __tsan_atomic##bits##_store(volatile std::uint##bits##_t* address,                     \
                                     std::uint##bits##_t value, int order) {                    \
        store(address, value, order, CALLER);                                                   \
    }                                                                                           \
    CHANGE(bits, exchange, kExchange)                                                           \
    CHANGE(bits, fetch_add, kAdd)                                                               \
    CHANGE(bits, fetch_sub, kSub)                                                               \
    CHANGE(bits, fetch_and, kAnd)                                                               \
    CHANGE(bits, fetch_or, kOr)                                                                 \
    CHANGE(bits, fetch_xor, kXor)                                                               \
    CHANGE(bits, fetch_nand, kNand)                                                             \
    EXCHANGE_IF(bits, strong, false)                                                            \
    EXCHANGE_IF(bits, weak, true)                                                               \
    std::uint##bits##_t __tsan_atomic##bits##_compare_exchange_val(                             \
        volatile std::uint##bits##_t* address, std::uint##bits##_t expected,                    \
        std::uint##bits##_t desired, int success, int failure) {                                \
        exchange_if(address, &expected, desired, success, failure, false, CALLER);              \
        return expected;                                                                        \
    }

extern "C" {

void __tsan_init() {}

// A thread's frames. The hook's own caller is the function that begins or ends; both are compiled
// with frame pointers. Above the caller's saved frame pointer and return address its caller's frame
// begins.
void __tsan_func_entry(void*) {
    if (!is_observed) return;
    scheduler.set_live_from(to_number(__builtin_frame_address(0)));
}

void __tsan_func_exit() {
    if (!is_observed) return;
    const Unobserved here;
    void* const* const frame = static_cast<void* const*>(__builtin_frame_address(0));
    const std::uintptr_t end = to_number(*frame) + 2 * sizeof(void*);
    memory.leave_frames(end, CALLER);
    scheduler.set_live_from(end);
}

PLAIN_ACCESSES(1)
PLAIN_ACCESSES(2)
PLAIN_ACCESSES(4)
PLAIN_ACCESSES(8)
PLAIN_ACCESSES(16)

void __tsan_read_range(void* address, std::size_t size) { plain(address, size, false, CALLER); }
void __tsan_write_range(void* address, std::size_t size) { plain(address, size, true, CALLER); }
void __tsan_vptr_read(void** address) { plain(address, sizeof(void*), false, CALLER); }
void __tsan_vptr_update(void** address, void*) { plain(address, sizeof(void*), true, CALLER); }

void* __tsan_memset(void* to, int value, std::size_t size) {
    plain(to, size, true, CALLER);
    return std::memset(to, value, size);
}
void* __tsan_memcpy(void* to, const void* from, std::size_t size) {
    plain(from, size, false, CALLER);
    plain(to, size, true, CALLER);
    return std::memcpy(to, from, size);
}
void* __tsan_memmove(void* to, const void* from, std::size_t size) {
    plain(from, size, false, CALLER);
    plain(to, size, true, CALLER);
    return std::memmove(to, from, size);
}

ATOMICS(8)
ATOMICS(16)
ATOMICS(32)
ATOMICS(64)

void __tsan_atomic_thread_fence(int order) {
    if (!is_observed) return;
    const Unobserved here;
    memory.fence(order_of(order), CALLER);
}

// Keeps the compiler from reordering, and there it has done its work.
void __tsan_atomic_signal_fence(int) {}

}  // extern "C"

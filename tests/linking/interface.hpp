// SPDX-License-Identifier: MIT
// Module: what the modules of a linking test do for each other, each by its own copy of the
// library's code. Does not use the library, so that a program that has none of it can load modules
// that do.
#pragma once

#include <dlfcn.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

struct Module {
    const void* (*table)();
    std::uintptr_t (*epoch)();
    void (*make)(void* lock);
    void (*lock)(void* lock);
    void (*unlock)(void* lock);
    void (*count_up)(void* lock, long* counter, int rounds);
    std::size_t (*parked_at)(const void* lock);

    // Of metered RwLocks.
    const void* (*registry)();
    void* (*make_metered)();
    void (*use_metered)(void* lock, int rounds);  // reads and writes
    void (*delete_metered)(void* lock);
    std::uint64_t (*metered_reads)();
    std::uint64_t (*metered_writes)();

    /// Counts up once, with the lock held, when the calling thread ends.
    void (*count_at_thread_end)(void* lock, long* counter);

    std::size_t (*report_deadlocks)(std::FILE* out) = nullptr;  // in checked builds
};

/// What a plugin counts up when it comes and goes, each time with the lock held.
struct Visits {
    static constexpr long kWhenItComes = 2;
    static constexpr long kWhenItGoes = 3;
    static constexpr const char* kVariable = "PARKING_LOT_TEST_VISITS";  // has the address

    void* lock;
    long* counter;
};

/// Ends the program unless `holds`.
inline void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "FAILED: %s\n", what);
    std::exit(1);
}

/// A plugin: a module loaded at run time, with its symbols to itself.
class Plugin {
  public:
    explicit Plugin(const char* path, int mode = RTLD_NOW | RTLD_LOCAL)
        : Plugin{path, ::dlopen(path, mode)} {}
    Plugin(const char* path, void* handle) : handle_{handle} {
        require(handle_ != nullptr, path);
        void* const symbol = ::dlsym(handle_, "plugin_module");
        require(symbol != nullptr, "the plugin exports plugin_module");
        module_ = static_cast<const Module*>(symbol);
    }
    Plugin(const Plugin&) = delete;
    Plugin& operator=(const Plugin&) = delete;
    ~Plugin() { ::dlclose(handle_); }

    [[nodiscard]] const Module& module() const { return *module_; }

    /// Whether the module at `path` is in memory, loaded or not yet unloaded.
    static bool is_there(const char* path) {
        void* const handle = ::dlopen(path, RTLD_NOW | RTLD_NOLOAD);
        return handle != nullptr && ::dlclose(handle) == 0;
    }

  protected:
    [[nodiscard]] void* handle() const { return handle_; }

  private:
    void* handle_;
    const Module* module_ = nullptr;
};

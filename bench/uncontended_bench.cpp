// SPDX-License-Identifier: MIT
// Google Benchmark of one lock+unlock pair for every lock, beside a thread that keeps glibc honest.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <latch>
#include <string>
#include <thread>

#include "peers/all.hpp"
#include "workloads/uncontended.hpp"

namespace bench {
namespace {

template <class Lock>
void run_pairs(benchmark::State& state, Lock& lock) {
    escape(lock);
    for ([[maybe_unused]] auto _ : state) {
        lock.lock();
        lock.unlock();
    }
}

template <class Lock>
void lock_unlock(benchmark::State& state) {
    Lock lock;
    run_pairs(state, lock);
}

void contended_before(benchmark::State& state) {
    OurRawMutex lock;
    contend_once(lock);
    run_pairs(state, lock);
}

void no_membarrier(benchmark::State& state) {
    const WithoutMembarrier fallback;
    OurRawMutex lock;
    run_pairs(state, lock);
}

void typed_increment(benchmark::State& state) {
    parking_lot::Mutex<std::uint64_t> mutex;
    escape(mutex);
    for ([[maybe_unused]] auto _ : state) {
        const auto guard = mutex.lock();
        ++*guard;
    }
}

void register_all() {
    for_each_peer(AllPeers{}, []<class Lock>() {
        benchmark::RegisterBenchmark(std::string{Lock::kName}.c_str(), lock_unlock<Lock>);
    });
    benchmark::RegisterBenchmark("RawMutex, contended before", contended_before);
    benchmark::RegisterBenchmark("RawMutex, no membarrier", no_membarrier);
    benchmark::RegisterBenchmark("Mutex<T>, ++data", typed_increment);
    benchmark::RegisterBenchmark("limit: CAS, store of 1 byte",
                                 lock_unlock<CasAndStore<std::uint8_t>>);
    benchmark::RegisterBenchmark("limit: CAS, store of 4 bytes",
                                 lock_unlock<CasAndStore<std::uint32_t>>);
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    // glibc takes shortcuts in a process that never had a second thread; real programs have one.
    std::latch end{1};
    const std::jthread company{[&] { end.wait(); }};
    bench::register_all();
    benchmark::RunSpecifiedBenchmarks();
    end.count_down();
}

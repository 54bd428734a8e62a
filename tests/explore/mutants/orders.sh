# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Memory orders that are too weak, beside those in the other lists: every acquire and release of the headers that a
# scenario can see is in one of them. Those named "heating" and "sample" are found in weak memory only: no data race
# tells of them, and x86 forgives them. See ../mutate.sh.
# shellcheck disable=SC2034 # scenario is read by mutate.sh

# The plain-store unlock: the epoch is read before the word [U0], and moved after the word was marked [M3], [M4].
scenario=mutex.heated
weaker heating_epoch_acquires_nothing raw_mutex.hpp '{{detail::this_module.epoch.load(@acquire@)}}' relaxed
scenario=rwlock.heated
weaker heating_rw_epoch_acquires_nothing raw_rwlock.hpp '{{detail::this_module.epoch.load(@acquire@)}}' relaxed
scenario=mutex.heated
weaker heating_releases_nothing detail/module.hpp \
    '{{record.epoch.fetch_add(kOneHeating, @std::memory_order_release@)}}' std::memory_order_relaxed
scenario=module
weaker heating_joined_releases_nothing detail/module.hpp \
    '{{this_module.epoch.fetch_and(~kNeedsRmw, @std::memory_order_release@)}}' std::memory_order_relaxed

# The table's pointer.
weaker join_releases_nothing detail/module.hpp \
    '{{this_module.table.store(&table, @std::memory_order_release@)}}' std::memory_order_relaxed
weaker table_acquires_nothing detail/module.hpp \
    '{{this_module.table.load(@std::memory_order_acquire@)}}' std::memory_order_relaxed
scenario=

# The lock of a bucket, when it is not free at once; and in signal handlers.
weaker bucket_spin_acquires_nothing detail/bucket.hpp \
    '{{state_.compare_exchange_weak(state, kLocked, @acq_rel@, relaxed)}}' release
weaker bucket_sleeper_acquires_nothing detail/bucket.hpp \
    '{{state_.exchange(kLockedWithSleepers, @acq_rel@) != kFree}}' release
weaker handler_acquires_nothing detail/bucket.hpp \
    'if ({{state_.compare_exchange_strong(free, kLocked, @acq_rel@, relaxed)}})
                return true;' release
weaker handler_releases_nothing detail/bucket.hpp \
    '{{state_.exchange(kFree, @release@) == kLockedWithSleepers}} &&' relaxed

# A waiter's signal: at once, after each sleep, and at the deadline.
weaker signal_acquires_nothing detail/waiter.hpp 'std::uint32_t signal = {{signal_.load(@acquire@)}};' relaxed
weaker signal_after_sleep_acquires_nothing detail/waiter.hpp \
    'signal = {{signal_.load(@acquire@)}};  // [W2]' relaxed
weaker signal_at_deadline_acquires_nothing detail/waiter.hpp \
    'return ({{signal_.load(@acquire@)}} & kNotified)' relaxed

# Locks.
weaker rw_try_lock_acquires_nothing raw_rwlock.hpp \
    '{{word.compare_exchange_weak(state, state | kWriter, @acquire@, relaxed)}}' relaxed
weaker rw_try_upgrade_acquires_nothing raw_rwlock.hpp \
    '{{word.compare_exchange_weak(state, this->upgraded(state), @acquire@,
                                           relaxed)}}' relaxed

# Counts, and what happens once.
weaker acquire_acquires_nothing semaphore.hpp \
    '{{count_.word.compare_exchange_weak(state, state - Count::kOne,
                                                  @std::memory_order_acquire@,
                                                  std::memory_order_relaxed)}}' std::memory_order_relaxed
weaker release_releases_nothing semaphore.hpp \
    '{{count.word.fetch_add(permits * Count::kOne, @std::memory_order_release@)}}' std::memory_order_relaxed
weaker count_down_releases_nothing latch.hpp \
    '{{count.word.fetch_sub(steps * Count::kOne, @release@)}}' relaxed
weaker wait_acquires_nothing latch.hpp 'is_open({{count_.word.load(@acquire@)}})' relaxed
weaker once_state_acquires_nothing raw_once.hpp 'const State state = {{state_.load(@acquire@)}};' relaxed

# The meters' registry, and the samples of readers.
scenario=meters
weaker registry_acquires_nothing detail/meter_registry.hpp \
    'MeterRegistry* const found = {{this_module_registry.load(@std::memory_order_acquire@)}}' \
    std::memory_order_relaxed
weaker registry_releases_nothing detail/meter_registry.hpp \
    '{{this_module_registry.store(registry, @std::memory_order_release@)}}' std::memory_order_relaxed
weaker shared_registry_acquires_nothing detail/meter_registry.hpp \
    'void* found = {{shared.load(@std::memory_order_acquire@)}}' std::memory_order_relaxed
weaker shared_registry_releases_nothing detail/meter_registry.hpp \
    '{{shared.compare_exchange_strong(found, created.get(), @std::memory_order_acq_rel@,
                                           std::memory_order_acquire)}}' std::memory_order_acquire
weaker beaten_registry_acquires_nothing detail/meter_registry.hpp \
    '{{shared.compare_exchange_strong(found, created.get(), std::memory_order_acq_rel,
                                           @std::memory_order_acquire@)}}' std::memory_order_relaxed
weaker sample_acquires_nothing detail/lock_meter.hpp \
    '{{meter.reader.compare_exchange_strong(
                    other, this_thread_id(), @std::memory_order_acquire@, std::memory_order_relaxed)}}' \
    std::memory_order_relaxed
weaker sample_releases_nothing detail/lock_meter.hpp \
    '{{meter.reader.store(kNoThread, @std::memory_order_release@)}}' std::memory_order_relaxed
scenario=

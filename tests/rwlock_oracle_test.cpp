// SPDX-License-Identifier: MIT
// Random sequences of operations on a raw RwLock: one after the other against a sequential oracle,
// and by many threads at once against the rules of exclusion. The seed is printed.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

#include "support/rwlocks.hpp"
#include "support/threads.hpp"

namespace parking_lot {
namespace {

using namespace std::chrono_literals;

/// Of this run; PARKING_LOT_TEST_SEED repeats one.
std::uint32_t seed() {
    const char* const given = std::getenv("PARKING_LOT_TEST_SEED");
    static const std::uint32_t value =
        given != nullptr ? static_cast<std::uint32_t>(std::stoul(given)) : std::random_device{}();
    return value;
}

enum class Mode { None, Read, Upgradable, Write };

/// What the lock should do, as the simplest thinkable program.
class Oracle {
  public:
    [[nodiscard]] Mode mode(std::size_t holder) const { return modes_[holder]; }
    void set(std::size_t holder, Mode mode) { modes_[holder] = mode; }

    /// Whether `holder` may go to `mode` beside what the others hold.
    [[nodiscard]] bool admits(std::size_t holder, Mode mode) const {
        for (std::size_t other = 0; other < modes_.size(); ++other) {
            if (other == holder || modes_[other] == Mode::None) continue;
            const Mode held = modes_[other];
            if (held == Mode::Write || mode == Mode::Write) return false;
            if (held == Mode::Upgradable && mode == Mode::Upgradable) return false;
        }
        return true;
    }
    [[nodiscard]] bool is_locked() const { return count(Mode::None) != modes_.size(); }
    [[nodiscard]] bool is_locked_exclusive() const { return count(Mode::Write) != 0; }

    static constexpr std::size_t kHolders = 5;

  private:
    [[nodiscard]] std::size_t count(Mode mode) const {
        std::size_t result = 0;
        for (const Mode held : modes_) result += held == mode ? 1 : 0;
        return result;
    }

    std::array<Mode, kHolders> modes_{};
};

template <class Raw>
bool try_from_none(Raw& raw, Mode wanted, bool timed) {
    switch (wanted) {
        case Mode::Read:
            return timed ? raw.try_lock_shared_for(1us) : raw.try_lock_shared();
        case Mode::Upgradable:
            return timed ? raw.try_lock_upgradable_for(1us) : raw.try_lock_upgradable();
        case Mode::Write:
            return timed ? raw.try_lock_for(1us) : raw.try_lock();
        case Mode::None:
            break;
    }
    return false;
}

template <class Raw>
void unlock(Raw& raw, Mode held, bool fair) {
    if (held == Mode::Read) fair ? raw.unlock_shared_fair() : raw.unlock_shared();
    if (held == Mode::Upgradable) fair ? raw.unlock_upgradable_fair() : raw.unlock_upgradable();
    if (held == Mode::Write) fair ? raw.unlock_fair() : raw.unlock();
}

/// Goes from a held mode to a lesser one.
template <class Raw>
void downgrade(Raw& raw, Mode held, Mode wanted) {
    if (held == Mode::Upgradable) return raw.downgrade_upgradable();
    wanted == Mode::Read ? raw.downgrade() : raw.downgrade_to_upgradable();
}

template <class Raw>
class RwLockOracleTest : public test::RwLockTest {};
TYPED_TEST_SUITE(RwLockOracleTest, test::RawRwLocks, test::RwLockNames);

TYPED_TEST(RwLockOracleTest, EveryOperationDoesWhatTheOracleSays) {
    SCOPED_TRACE("PARKING_LOT_TEST_SEED=" + std::to_string(seed()));
    std::mt19937 random{seed()};
    TypeParam raw;
    Oracle oracle;
    for (int step = 0; step < 20'000; ++step) {
        const std::size_t holder = random() % Oracle::kHolders;
        const Mode held = oracle.mode(holder);
        const Mode wanted = static_cast<Mode>(random() % 4);
        const bool chance = random() % 8 == 0;
        if (held == wanted || (held == Mode::Read && wanted != Mode::None)) continue;
        bool granted = true;
        if (wanted == Mode::None) {
            unlock(raw, held, chance);
        } else if (held == Mode::None) {
            granted = try_from_none(raw, wanted, chance);
            ASSERT_EQ(granted, oracle.admits(holder, wanted)) << "step " << step;
        } else if (held == Mode::Upgradable && wanted == Mode::Write) {
            granted = chance ? raw.try_upgrade_for(1us) : raw.try_upgrade();
            ASSERT_EQ(granted, oracle.admits(holder, wanted)) << "step " << step;
        } else {
            downgrade(raw, held, wanted);
        }
        if (granted) oracle.set(holder, wanted);
        ASSERT_EQ(raw.is_locked(), oracle.is_locked()) << "step " << step;
        ASSERT_EQ(raw.is_locked_exclusive(), oracle.is_locked_exclusive()) << "step " << step;
    }
    for (std::size_t holder = 0; holder < Oracle::kHolders; ++holder) {
        unlock(raw, oracle.mode(holder), false);
    }
    EXPECT_TRUE(raw.try_lock());
    raw.unlock();
}

/// Counts who believes to hold the lock, and complains if they should exclude each other. The
/// counters are atomic, but the data is not: ThreadSanitizer watches it.
class Witness {
  public:
    void wrote() {
        EXPECT_EQ(writers_.fetch_add(1), 0);
        EXPECT_EQ(readers_, 0);
        ++data_;
        writers_.fetch_sub(1);
    }
    void read() {
        readers_.fetch_add(1);
        EXPECT_EQ(writers_, 0);
        EXPECT_GE(data_, 0);
        readers_.fetch_sub(1);
    }
    [[nodiscard]] long data() const { return data_; }

  private:
    std::atomic<int> writers_{0};
    std::atomic<int> readers_{0};
    long data_ = 0;
};

template <class Raw>
class Worker {
  public:
    Worker(Raw& raw, Witness& witness, std::uint32_t seed)
        : raw_{raw}, witness_{witness}, random_{seed} {}

    void step() {
        switch (random_() % 10) {
            case 0:
                raw_.lock();
                return write();
            case 1:
                if (raw_.try_lock_for(limit())) write();
                return;
            case 2:
                if (raw_.try_lock()) write();
                return;
            case 3:
                raw_.lock_upgradable();
                return read_upgradably();
            case 4:
                if (raw_.try_lock_upgradable_for(limit())) read_upgradably();
                return;
            case 5:
                if (raw_.try_lock_shared_for(limit())) read();
                return;
            default:
                raw_.lock_shared();
                return read();
        }
    }

    [[nodiscard]] long writes() const { return writes_; }

  private:
    void write() {
        witness_.wrote();
        ++writes_;
        switch (random_() % 6) {
            case 0:
                raw_.downgrade();
                return read();
            case 1:
                raw_.downgrade_to_upgradable();
                return read_upgradably();
            case 2:
                return raw_.unlock_fair();
            case 3:
                raw_.bump();
                [[fallthrough]];
            default:
                raw_.unlock();
        }
    }
    void read() {
        witness_.read();
        if (random_() % 8 == 0) raw_.bump_shared();
        raw_.unlock_shared();
    }
    void read_upgradably() {
        witness_.read();
        switch (random_() % 8) {
            case 0:
                raw_.downgrade_upgradable();
                return read();
            case 1:
                raw_.upgrade();
                return write();
            case 2:
                if (raw_.try_upgrade()) return write();
                break;
            case 3:
                if (raw_.try_upgrade_for(limit())) return write();
                break;
            case 4:
                return raw_.unlock_upgradable_fair();
            case 5:
                raw_.bump_upgradable();
                break;
            default:
                break;
        }
        raw_.unlock_upgradable();
    }
    std::chrono::microseconds limit() {
        return std::chrono::microseconds{static_cast<int>(random_() % 64)};
    }

    Raw& raw_;
    Witness& witness_;
    std::mt19937 random_;
    long writes_ = 0;
};

TYPED_TEST(RwLockOracleTest, ThreadsOfAllModesKeepTheRules) {
    SCOPED_TRACE("PARKING_LOT_TEST_SEED=" + std::to_string(seed()));
    TypeParam raw;
    Witness witness;
    std::atomic<long> writes{0};
    test::run_together(6, [&](std::size_t index) {
        Worker<TypeParam> worker{raw, witness, seed() + static_cast<std::uint32_t>(index)};
        for (int i = 0; i < 20'000; ++i) worker.step();
        writes += worker.writes();
    });
    EXPECT_EQ(witness.data(), writes);
    EXPECT_FALSE(raw.is_locked());
}

}  // namespace
}  // namespace parking_lot

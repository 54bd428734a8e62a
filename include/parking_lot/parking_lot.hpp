// SPDX-License-Identifier: MIT
// All of parking_lot.
#pragma once

#include "parking_lot/condvar.hpp"
#include "parking_lot/core.hpp"
#include "parking_lot/fair_mutex.hpp"
#include "parking_lot/lock_all.hpp"
#include "parking_lot/lock_owned.hpp"
#include "parking_lot/mutex.hpp"
#include "parking_lot/raw_fair_mutex.hpp"
#include "parking_lot/raw_mutex.hpp"
#include "parking_lot/raw_rwlock.hpp"
#include "parking_lot/rwlock.hpp"
#include "parking_lot/std_backend.hpp"
#include "parking_lot/std_rwlock_backend.hpp"
#include "parking_lot/version.hpp"

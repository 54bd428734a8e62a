// SPDX-License-Identifier: MIT
// Data does not become a mutex by accident.
// expect: conversion from|no viable conversion|could not convert
#include <vector>

#include "parking_lot/parking_lot.hpp"

using Numbers = parking_lot::Mutex<std::vector<int>>;

void use(Numbers& numbers) {
#if !defined(MUST_FAIL)
    const Numbers other{std::vector{1}};
    (void)(other.is_locked() == numbers.is_locked());
#else
    const Numbers other = std::vector{1};
    (void)(other.is_locked() == numbers.is_locked());
#endif
}

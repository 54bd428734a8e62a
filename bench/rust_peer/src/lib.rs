// SPDX-License-Identifier: MIT
// C entry points for the raw locks of Rust's parking_lot; a lock is one zero byte.
use core::mem::size_of;
use parking_lot::{lock_api::RawMutex as _, RawFairMutex, RawMutex};

const _: () = assert!(size_of::<RawMutex>() == 1 && size_of::<RawFairMutex>() == 1);
// SAFETY: any initialized byte may be read as u8; this proves that zero is an unlocked lock.
const _: () = assert!(unsafe { core::mem::transmute::<RawMutex, u8>(RawMutex::INIT) } == 0);
const _: () = assert!(unsafe { core::mem::transmute::<RawFairMutex, u8>(RawFairMutex::INIT) } == 0);

/// # Safety
/// `lock` is a live lock; the caller of an unlock function holds it.
#[no_mangle]
pub unsafe extern "C" fn rust_pl_mutex_lock(lock: *const RawMutex) {
    (*lock).lock()
}

#[no_mangle]
pub unsafe extern "C" fn rust_pl_mutex_unlock(lock: *const RawMutex) {
    (*lock).unlock()
}

#[no_mangle]
pub unsafe extern "C" fn rust_pl_fair_lock(lock: *const RawFairMutex) {
    (*lock).lock()
}

#[no_mangle]
pub unsafe extern "C" fn rust_pl_fair_unlock(lock: *const RawFairMutex) {
    (*lock).unlock()
}

#[no_mangle]
pub extern "C" fn rust_pl_nop(_lock: *const u8) {}

/// # Safety
/// `lock` is a live, unlocked lock.
#[no_mangle]
pub unsafe extern "C" fn rust_pl_uncontended_loop(lock: *const RawMutex, pairs: u64) {
    for _ in 0..pairs {
        (*lock).lock();
        (*lock).unlock();
    }
}

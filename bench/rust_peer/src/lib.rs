// SPDX-License-Identifier: MIT
// C entry points for Rust's parking_lot; a mutex or once is one zero byte, all else one zero word.
use core::ffi::c_void;
use core::mem::{size_of, transmute};
use parking_lot::lock_api::{RawMutex as _, RawRwLock as _};
use parking_lot::{Condvar, Mutex, MutexGuard, Once, RawFairMutex, RawMutex, RawRwLock};

const _: () = assert!(size_of::<RawMutex>() == 1 && size_of::<RawFairMutex>() == 1);
// SAFETY: any initialized byte may be read as u8; this proves that zero is an unlocked lock.
const _: () = assert!(unsafe { transmute::<RawMutex, u8>(RawMutex::INIT) } == 0);
const _: () = assert!(unsafe { transmute::<RawFairMutex, u8>(RawFairMutex::INIT) } == 0);

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

// SAFETY: as above; a transmute between types of different sizes does not compile.
const _: () = assert!(unsafe { transmute::<RawRwLock, usize>(RawRwLock::INIT) } == 0);
const _: () = assert!(unsafe { transmute::<Condvar, Option<&u8>>(Condvar::new()) }.is_none());
const _: () = assert!(size_of::<Mutex<()>>() == 1);

/// # Safety
/// `lock` is a live lock; the caller of an unlock function holds it in that mode.
#[no_mangle]
pub unsafe extern "C" fn rust_pl_rwlock_lock(lock: *const RawRwLock) {
    (*lock).lock_exclusive()
}

#[no_mangle]
pub unsafe extern "C" fn rust_pl_rwlock_unlock(lock: *const RawRwLock) {
    (*lock).unlock_exclusive()
}

#[no_mangle]
pub unsafe extern "C" fn rust_pl_rwlock_lock_shared(lock: *const RawRwLock) {
    (*lock).lock_shared()
}

#[no_mangle]
pub unsafe extern "C" fn rust_pl_rwlock_unlock_shared(lock: *const RawRwLock) {
    (*lock).unlock_shared()
}

/// # Safety
/// `condvar` is live; `held` is a RawMutex that the caller holds.
#[no_mangle]
pub unsafe extern "C" fn rust_pl_condvar_wait(condvar: *const Condvar, held: *const Mutex<()>) {
    // SAFETY: a guard is a reference to its mutex; lock_api makes none for a locked one before
    // 0.4.10. It is forgotten, since the lock stays held.
    let mut guard = transmute::<&Mutex<()>, MutexGuard<'_, ()>>(&*held);
    (*condvar).wait(&mut guard);
    core::mem::forget(guard);
}

/// # Safety
/// `condvar` is live.
#[no_mangle]
pub unsafe extern "C" fn rust_pl_condvar_notify_one(condvar: *const Condvar) {
    (*condvar).notify_one();
}

#[no_mangle]
pub unsafe extern "C" fn rust_pl_condvar_notify_all(condvar: *const Condvar) {
    (*condvar).notify_all();
}

// SAFETY: as above.
const _: () = assert!(unsafe { transmute::<Once, u8>(Once::new()) } == 0);

/// # Safety
/// `once` is live; `function` may be called with `argument`, and does not unwind.
#[no_mangle]
pub unsafe extern "C" fn rust_pl_once_call(
    once: *const Once,
    function: unsafe extern "C" fn(*mut c_void),
    argument: *mut c_void,
) {
    (*once).call_once(|| function(argument))
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

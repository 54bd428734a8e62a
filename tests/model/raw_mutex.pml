// SPDX-License-Identifier: MIT
// The protocol of include/parking_lot/detail/mutex_core.hpp, for the model checker spin (see run_model.sh).

/*
 * State byte                                          set by                   cleared by
 *   L  kLocked: a thread owns the lock                lock, contend            unlock*
 *   P  kParked: the queue may be non-empty            prepare_to_park, contend unlock*, hand_off
 *   H  kHot: unlock must be a read-modify-write       prepare_to_park          a racing plain store
 *   F  kHandOff: the next unlock is to hand it over   wake_next, park          hand_off
 * The unlocked values are exactly 0 and H: asserted by whoever takes the lock.
 * May be wrong: P with an empty queue, F with an empty queue. Never: a parked thread that nobody
 * is going to wake; here, a thread that does not end, which spin calls an invalid end state.
 *
 * Epoch: a word for each module (executable, shared library), read by the unlocks compiled into it.
 * Its low bit forbids the unlock by plain store; the other bits count heatings.
 *
 * Functions of the headers, and what stands for them here
 *   lock, contend        inline lock           read-modify-write; else give up, or park and retry
 *   contend's park       inline park, sleep    core: the queue, the node and its signal
 *   prepare_to_park      inline validate, publish_heating, recheck    all under the bucket lock
 *   publish_heating      (module.hpp) with announce_heating, heavy_fence and retreat
 *   pass_duty_on         inline pass_duty_on   one who was woken and gives up wakes another instead
 *   unlock               inline unlock         plain store, then a second look at the epoch
 *   wake_all             inline wake_all       the epoch moved: wake all, by address
 *   unlock_hot, unlock_contended   inline unlock_contended   release; then wake_next, by address
 *   wake_next            inline wake_next      wakes the head to retry; or, when it is the waiters'
 *                                              turn (any time, here), claims the lock for it, or has
 *                                              the owner that overtook it hand the lock off
 *   hand_off             inline hand_off       the lock passes on to the head of the queue, locked
 *   join_at_load, leave_at_unload  processes Join, Leave
 *   line_up              (requeue.hpp) inline line_up: queues notified waiters of a condition variable
 *
 * Memory is TSO: the plain store of an unlock waits in `pending` until the process Buffers, the
 * thread's own next read-modify-write, or somebody's membarrier drains it. Other stores take effect
 * at once: they are read-modify-writes, or are published by one that follows. Weaker machines are
 * beyond this model; there membarrier's contract is the argument.
 *
 * One atomic step holds at most one access to what threads race for: state, an epoch, a node's
 * signal. Taking the bucket lock, what it guards and releasing it are merged with that access,
 * which loses nothing: a lock's acquisition could as well come later, its release sooner. -DFINE
 * does not merge them and must agree.
 *
 * Lifetime: `life` counts the locks that have lived at the address. The lock guards a reference
 * count; who drops the last reference ends the life once its unlock has returned. Every access to
 * the state asserts that it is still in the accessing thread's life, also when a pending store
 * drains; in wake_next, that it is in the life of the waiter found. Whoever touches the node of
 * another thread asserts that it is not GONE.
 *
 * Sizes      -DN=3 threads, -DROUNDS=1 locks by each. Thread 0 has a deadline: it may give up
 *            whenever it looks at the clock, and then locks without one. Thread 1 may unlock_fair.
 * Variants   -DFIFO        RawFairMutex: every unlock is fair
 *            -DMODULES=2   thread i runs the code of module i % 2
 *            -DFALLBACK    membarrier is refused: every unlock is a read-modify-write
 *            -DMIXED       two modules, of which the second keeps its low bit
 *            -DJOIN        modules join, and get membarrier, while their locks are in use
 *            -DLEAVE       the second module leaves while its locks are in use
 *            -DSANDBOX     membarrier stops working at some time
 *            -DREQUEUE     threads 2, ... are notified waiters of a condition variable: at first they
 *                          sleep, and thread 0 begins by lining them up
 *            -DOWNER_HEATS who owns the lock may set H by itself, without a fence (conditions.hpp)
 *            -DREUSE       the memory then becomes another lock, used by the same threads
 * Mutants    #ifdef'd below, listed in CMakeLists.txt: each must be found wrong.
 */

#ifndef N
#define N 3
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif
#if defined(MIXED) || defined(LEAVE)
#define MODULES 2
#endif
#ifndef MODULES
#define MODULES 1
#endif
#ifdef REUSE
#define LIVES 2
#else
#define LIVES 1
#endif

#define L 1
#define P 2
#define H 4
#define F 8

#define NEEDS_RMW 1   /* the low bit of an epoch */
#define ONE_HEATING 2 /* in the bits above it */

/* A node, and the signal in it. A node leaves the queue once: TAKEN by a waker, or by its owner. */
#define GONE 0     /* its owner has returned: the stack frame may be anything */
#define QUEUED 1
#define TAKEN 2
#define NOTIFIED 3

#define RETRY 0
#define RETRY_MORE_WAIT 1 /* woken, and others are still parked */
#define HANDED_OFF 2  /* the lock is yours */

/* Outcomes of prepare_to_park. */
#define INVALID 0
#define PREPARED 1
#define COLD 2 /* P and H are set, the fence is yet to come */

byte state = 0;
byte epoch[MODULES];
byte pending[N]; /* not 0: this thread's store buffer holds a store of 0 to the lock of that life */
bool bucket_locked = false;
byte queue[N];
byte queued = 0;
byte node[N];
byte token[N];
byte life_of[N]; /* of the lock that this thread locks or is parked on */
bool list_locked = false;
bool listed[MODULES];
bool fence_works = true;  /* whether any module may lack NEEDS_RMW; guarded by the list lock */
bool kernel_helps = true; /* whether membarrier succeeds */

byte life = 1;
byte references = N;
byte owners = 0;
byte finished = 0;

#define my_life life_of[me]
#define module (me % MODULES)
#ifdef FINE
#define bucket_step /* every statement under the bucket lock is a step of its own */
#else
#define bucket_step atomic
#endif

#define has_deadline(me) (me == 0)
#ifdef FIFO
#define may_be_fair(me) true
#define may_be_unfair(me) false
#else
#define may_be_fair(me) (me == 1)
#define may_be_unfair(me) true
#endif

inline touch_lock() { touch_lock_of(me) }
inline touch_lock_of(thread_) { assert(life == life_of[thread_]) }
inline touch_node(owner_) { assert(node[owner_] != GONE) }

inline drain(i_) {
  if
  :: pending[i_] -> assert(pending[i_] == life); pending[i_] = 0; state = 0
  :: else
  fi
}

/* First in an atomic step. The bucket lock is taken by a read-modify-write. */
inline lock_bucket() { atomic { !bucket_locked -> bucket_locked = true; drain(me) } }
inline unlock_bucket() { bucket_locked = false }

inline enter() {
  owners++;
  assert(owners == 1);
  if
  :: round + 1 == ROUNDS -> references--; last = (references == 0)
  :: else
  fi
}
inline leave() { owners-- }

/* The queue and the nodes' states up to TAKEN: under the bucket lock. */

inline push_back(who_) { queue[queued] = who_; queued++ }

inline push_front(who_) {
  i = queued;
  do
  :: i > 0 -> queue[i] = queue[i - 1]; i--
  :: else -> break
  od;
  queue[0] = who_;
  queued++
}

inline remove_at(place_) {
  i = place_ + 1;
  do
  :: i < queued -> queue[i - 1] = queue[i]; i++
  :: else -> break
  od;
  queued--;
  queue[queued] = 0;
  i = 0
}

inline take_head() {
  taken = queue[0];
  assert(node[taken] == QUEUED);
  remove_at(0);
  node[taken] = TAKEN
}

inline give_token(token_) {
#ifdef EARLYSIGNAL
  late_token = token_
#else
  token[taken] = token_
#endif
}

inline take_head_to_retry() {
  take_head();
  give_token((queued > 0 -> RETRY_MORE_WAIT : RETRY));
  must_notify = true
}

/* After the bucket lock is released. The notification is the last touch of the node. */
inline notify_taken() {
  if
  :: must_notify ->
     must_notify = false;
     d_step { assert(node[taken] == TAKEN); node[taken] = NOTIFIED };
#ifdef EARLYSIGNAL
     d_step { touch_node(taken); token[taken] = late_token };
#endif
#ifdef TOUCH_AFTER_NOTIFY
     d_step { touch_node(taken) };
#endif
     taken = 0
  :: else
  fi
}

/* prepare_to_park: the caller's atomic step has taken the bucket lock. */

inline validate(ask_, thread_) {
  d_step {
    touch_lock_of(thread_);
    v = state;
    if
    :: !(v & L) -> outcome = INVALID
    :: else ->
       state = v | P | H | ask_;
       outcome = (v & H -> PREPARED : COLD)
    fi;
    v = 0
  }
}

inline lock_list() { atomic { !list_locked -> list_locked = true } }
inline unlock_list() { list_locked = false }

inline announce_heating() {
  lock_list();
  i = 0;
  do
  :: i < MODULES ->
     d_step {
       if
#ifdef BUMP_OWN_ONLY
       :: i == module -> epoch[i] = epoch[i] + ONE_HEATING
#else
       :: listed[i] -> epoch[i] = epoch[i] + ONE_HEATING
#endif
       :: else
       fi;
       i++
     }
  :: else -> i = 0; break
  od;
#ifndef STALE_FENCE_WORKS
  must_fence = fence_works;
#endif
  unlock_list()
}

/* Each running thread passes a full fence, one after another. */
inline drain_all() {
  do
  :: i < N -> d_step { drain(i); i++ }
  :: else -> i = 0; break
  od
}

/* membarrier was there and now fails. drain_all stands for the time that retreat waits. */
inline retreat() {
  lock_list();
  if
  :: fence_works ->
     fence_works = false;
     do
     :: i < MODULES -> d_step { if :: listed[i] -> epoch[i] = epoch[i] | NEEDS_RMW :: else fi; i++ }
     :: else -> i = 0; break
     od;
#ifndef RETREAT_AT_ONCE
     drain_all()
#endif
  :: else
  fi;
  unlock_list()
}

inline publish_heating() {
#ifdef TRUSTHOT
  unlock_bucket();
#endif
#ifdef BUMP_AFTER_FENCE
  drain_all();
#endif
  announce_heating();
#if !defined(NOBARRIER) && !defined(BUMP_AFTER_FENCE)
  if
  :: must_fence && kernel_helps -> drain_all()
  :: must_fence && !kernel_helps -> retreat()
  :: else
  fi;
#endif
  must_fence = false;
#ifdef TRUSTHOT
  lock_bucket()
#endif
}

inline recheck(thread_) {
#ifdef NORECHECK
  outcome = PREPARED
#else
  touch_lock_of(thread_);
  outcome = ((state & (L | P | H)) == (L | P | H) -> PREPARED : INVALID)
#endif
}

inline finish_park() {
  if
  :: outcome == PREPARED ->
     if
     :: woken -> push_front(me)
     :: else -> push_back(me)
     fi;
     node[me] = QUEUED;
     duty = false
  :: else
  fi;
  unlock_bucket()
}

/* Woken: the token says with what. */
inline end_sleep() {
  d_step {
    if
    :: token[me] == HANDED_OFF -> owns = true; enter()
    :: else ->
       woken = true;
#ifndef NORESTORE
       duty = (token[me] == RETRY_MORE_WAIT)
#endif
    fi;
    token[me] = RETRY;
    node[me] = GONE
  }
}

/* Woken, or past the deadline. A waker that has taken the node wins; it must be waited for. */
inline sleep() {
  if
  :: node[me] == NOTIFIED
  :: has_deadline(me) && !forced ->
     bucket_step {
       lock_bucket();
       if
       :: node[me] == QUEUED ->
          if
          :: queue[0] == me -> remove_at(0)
          :: else -> if :: queue[1] == me -> remove_at(1) :: else -> remove_at(2) fi
          fi;
          node[me] = GONE;
          gave_up = true
       :: else
       fi;
       unlock_bucket()
     };
#ifndef LEAVE_WHEN_TAKEN
     if
     :: gave_up
     :: !gave_up && node[me] == NOTIFIED
     fi
#endif
  fi;
  if
  :: gave_up
  :: else -> end_sleep()
  fi
}

inline park() {
#ifdef STALE_FENCE_WORKS
  must_fence = fence_works;
#endif
  bucket_step {
    lock_bucket();
    if
    :: validate(0, me)
    :: woken -> validate(F, me) /* overtaken, and has waited for long (any time, here) */
    fi;
    if
    :: outcome == COLD
    :: else -> finish_park()
    fi
  };
  if
  :: outcome == COLD ->
     publish_heating();
     bucket_step { recheck(me); finish_park() }
  :: else
  fi;
  if
  :: outcome == PREPARED -> outcome = 0; sleep()
  :: else -> outcome = 0
  fi
}

inline finish_pass_on() {
  if
  :: outcome == INVALID -> take_head_to_retry()
  :: else /* its owner's unlock will find P */
  fi;
  unlock_bucket()
}

inline pass_duty_on() {
  bucket_step {
    lock_bucket();
    if
    :: queued == 0 -> unlock_bucket()
    :: else ->
       validate(0, me);
       if
       :: outcome == COLD
       :: else -> finish_pass_on()
       fi
    fi
  };
  if
  :: outcome == COLD ->
     publish_heating();
     bucket_step { recheck(me); finish_pass_on() }
  :: else
  fi;
  outcome = 0;
  notify_taken()
}

inline lock() {
  owns = false; gave_up = false; duty = false; woken = false;
  contend()
}

inline contend() {
  do
  :: owns || gave_up -> break
  :: else ->
     d_step {
       drain(me);
       touch_lock();
       v = state;
       if
       :: !(v & L) ->
          assert(v == 0 || v == H);
          state = v | L | (duty -> P | H : 0);
          owns = true;
          enter()
       :: else
       fi;
       v = 0
     };
     if
     :: owns
     :: !owns -> park()
     :: !owns && has_deadline(me) && !forced -> gave_up = true
     fi
  od;
#ifndef NOHANDON
  if
  :: gave_up && duty -> pass_duty_on()
  :: else
  fi;
#endif
  duty = false;
  woken = false
}

/* Queues threads 2, ...; but wakes the first if the lock is free. (One more may be woken with the
 * same duty: condvar.pml.) */
inline line_up() {
  bucket_step {
    lock_bucket();
#ifdef LINE_UP_UNPREPARED
    outcome = PREPARED;
#else
    validate(0, 2);
#endif
    if
    :: outcome == COLD
    :: else -> finish_line_up()
    fi
  };
  if
  :: outcome == COLD ->
     publish_heating();
     bucket_step { recheck(2); finish_line_up() }
  :: else
  fi;
  outcome = 0;
  notify_taken()
}

inline finish_line_up() {
  must_notify = (outcome == INVALID);
  i = (must_notify -> 3 : 2);
  do
  :: i < N -> assert(node[i] == TAKEN); push_back(i); node[i] = QUEUED; i++
  :: else -> i = 0; break
  od;
  if
  :: must_notify ->
     taken = 2;
#ifndef LINE_UP_WITHOUT_DUTY
     token[taken] = (queued > 0 -> RETRY_MORE_WAIT : RETRY)
#endif
  :: else
  fi;
  unlock_bucket()
}

/* Under the bucket lock: the lock, locked, becomes that of the head of the queue. */
inline pass_on() {
  take_head();
#ifdef HANDOFF_RELEASES
  state = H;
#else
#ifdef FORGET_PARKED
  state = L | H;
#else
  state = L | H | (queued > 0 -> P : 0);
#endif
#endif
  give_token(HANDED_OFF);
  must_notify = true
}

/* try_claim: locks for the head of the queue, which proves that the lock is alive. */
inline try_claim() {
  d_step {
    touch_lock_of(queue[0]);
    if
    :: state & L -> outcome = INVALID
    :: else -> state = L | H; outcome = PREPARED
    fi
  }
}

inline wake_next() {
  bucket_step {
    lock_bucket();
#ifdef CLAIM_UNSEEN
    touch_lock();
#endif
    if
    :: queued == 0 -> unlock_bucket()
    :: queued > 0 -> take_head_to_retry(); unlock_bucket()
    :: queued > 0 -> /* the waiters' turn */
       try_claim();
       if
       :: outcome == PREPARED -> pass_on(); outcome = 0; unlock_bucket()
       :: else -> overtaken = true
       fi
    fi
  };
  if
  :: overtaken ->
     overtaken = false;
#ifdef OVERTAKEN_SLEEPS
     unlock_bucket();
#else
     bucket_step {
       validate(F, queue[0]);
       if
       :: outcome == COLD
       :: else -> finish_pass_on()
       fi
     };
     if
     :: outcome == COLD ->
        publish_heating();
        bucket_step { recheck(queue[0]); finish_pass_on() }
     :: else
     fi;
#endif
     outcome = 0
  :: else
  fi;
  notify_taken()
}

inline wake_all() {
  bucket_step {
    lock_bucket();
    do
    :: queued > 0 -> take_head(); token[taken] = RETRY; all[taken] = true
    :: else -> break
    od;
    taken = 0;
    unlock_bucket()
  };
  do
  :: i < N ->
     if
     :: all[i] -> d_step { assert(node[i] == TAKEN); node[i] = NOTIFIED; all[i] = false; i++ }
     :: else -> i++
     fi
  :: else -> i = 0; break
  od
}

inline hand_off() {
  bucket_step {
    lock_bucket();
    touch_lock();
    leave();
    if
    :: queued > 0 ->
       pass_on()
    :: else -> state = H
    fi;
    unlock_bucket()
  };
  notify_taken()
}

inline unlock_contended() {
  d_step {
    touch_lock();
    v = state;
    assert(v & L);
    if
    :: (v & F) || (fair && (v & P)) -> owns = true
    :: else -> state = H; owns = false; leave()
    fi
  };
  if
  :: owns -> owns = false; v = 0; hand_off()
  :: else ->
#ifdef TOUCH_AFTER_RELEASE
     d_step { touch_lock() };
#endif
     if
     :: v & P -> v = 0; wake_next()
     :: else -> v = 0
     fi
  fi
}

inline unlock() {
  if
  :: may_be_unfair(me)
  :: may_be_fair(me) -> fair = true
  fi;
#ifdef LATE_EPOCH
  d_step { touch_lock(); v = state };
  e = epoch[module];
#else
  e = epoch[module];
  d_step { touch_lock(); v = state };
#endif
  if
  :: v == L && !(e & NEEDS_RMW) ->
     v = 0;
     d_step { touch_lock(); pending[me] = my_life; owns = false; leave() };
#ifdef TOUCH_AFTER_STORE
     d_step { assert(pending[me] || life == my_life) };
#endif
#ifndef NOEPOCHCHECK
     if
     :: d_step { epoch[module] == e -> e = 0 }
     :: d_step { epoch[module] != e -> e = 0 }; wake_all()
     fi
#else
     e = 0
#endif
  :: else -> e = 0; v = 0; unlock_contended()
  fi;
  fair = false
}

/* What an owner does that begins to wait for a condition: with kAwaited it sets H, and no fence follows. */
#ifdef OWNER_HEATS
inline heat() {
  if
  :: d_step { touch_lock(); assert(!pending[me]); state = state | H }
  :: true
  fi
}
#endif

proctype Thread(byte me) {
  byte round = 0;
  byte v = 0, e = 0, i = 0, outcome = 0, taken = 0;
  bool owns = false, gave_up = false, forced = false, duty = false, woken = false;
  bool fair = false, last = false, must_fence = false, must_notify = false, overtaken = false;
  bool all[N];
#ifdef EARLYSIGNAL
  byte late_token = 0;
#endif

#ifdef REQUEUE
  if
  :: me == 0 -> line_up()
  :: me == 1
  :: me >= 2 -> node[me] == NOTIFIED; end_sleep(); contend(); unlock(); round++
  fi;
#endif
  do
  :: round < ROUNDS ->
     lock();
     if
     :: gave_up -> gave_up = false; forced = true
     :: else ->
        forced = false;
#ifdef OWNER_HEATS
        heat();
#endif
        unlock();
        round++
     fi
  :: else ->
     if
     :: last -> /* frees the lock: that store comes out of the buffer after the unlocking one */
        d_step {
          !pending[me] ->
          assert((state == 0 || state == H) && queued == 0);
          life++; references = N; state = 0; last = false
        }
     :: else
     fi;
     if
     :: my_life < LIVES -> d_step { life > my_life -> my_life++; round = 0 }
     :: else -> break
     fi
  od;
  finished++
}

/* The store buffers drain whenever they like. */
proctype Buffers() {
  byte i;
end:
  do
  :: atomic { pending[0] -> drain(0) }
  :: atomic { pending[1] -> drain(1) }
#if N > 2
  :: atomic { pending[2] -> drain(2) }
#endif
#if N > 3
  :: atomic { pending[3] -> drain(3) }
#endif
  od
}

#ifdef JOIN
proctype Join() {
  byte i = 0;
  do
  :: i < MODULES ->
     lock_list();
     listed[i] = true;
     unlock_list();
     kernel_helps = true;
#ifdef CLEAR_UNLISTED
     epoch[i] = epoch[i] - NEEDS_RMW;
#endif
     lock_list();
     fence_works = true;
#ifndef CLEAR_UNLISTED
     epoch[i] = epoch[i] - NEEDS_RMW;
#endif
     unlock_list();
     i++
  :: else -> break
  od
}
#endif

#ifdef LEAVE
proctype Leave() {
  lock_list();
#ifndef LEAVE_COLD
  epoch[1] = epoch[1] | NEEDS_RMW;
#endif
  listed[1] = false;
  unlock_list()
}
#endif

#ifdef SANDBOX
proctype Sandbox() { kernel_helps = false }
#endif

inline start_modules() {
  do
  :: i < MODULES ->
#if defined(FALLBACK) || defined(JOIN)
     epoch[i] = NEEDS_RMW;
#endif
#ifndef JOIN
     listed[i] = true;
#endif
     i++
  :: else -> i = 0; break
  od;
#if defined(FALLBACK) || defined(JOIN)
  kernel_helps = false;
  fence_works = false;
#endif
#ifdef MIXED
  epoch[1] = NEEDS_RMW;
#endif
#ifdef JOIN
  run Join();
#endif
#ifdef LEAVE
  run Leave();
#endif
#ifdef SANDBOX
  run Sandbox();
#endif
}

init {
  byte i = 0;
  atomic {
    start_modules();
    run Buffers();
    do
    :: i < N ->
       life_of[i] = 1;
#ifdef REQUEUE
       node[i] = (i >= 2 -> TAKEN : GONE);
#endif
       run Thread(i);
       i++
    :: else -> i = 0; break
    od
  };
  /* Everybody ended: nobody was forgotten, and nothing is left behind. */
  d_step {
    finished == N ->
    assert(life == LIVES + 1);
    assert(queued == 0 && !bucket_locked && owners == 0);
    do
    :: i < N -> assert(node[i] == GONE && !pending[i]); i++
    :: else -> break
    od
  }
}

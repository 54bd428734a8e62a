// SPDX-License-Identifier: MIT
// The protocol of include/parking_lot/raw_rwlock.hpp, for the model checker spin (see run_model.sh).

/*
 * State word                                           set by                    cleared by
 *   W  kWriter: owns or, with readers, claims the lock enter, upgrade, hand_off  unlock, leave
 *   U  kUpgradable: one more reader, who may upgrade   enter, leave, hand_off    leave, upgrade
 *   R  kReader, times the number of readers            enter, leave, hand_off    unlock_shared
 *   P  kParked: the queue may be non-empty             prepare_to_park, enter    leave, hand_off
 *   H  kHot: unlock must be a read-modify-write        prepare_to_park           a racing plain store
 *   D  kDrainParked: the claiming writer sleeps        prepare_to_drain          that writer
 *   F  kHandOff: the next leave is to hand it over     prepare_to_park           hand_off
 * Asserted at every access: W and U exclude each other; P and F need one of them.
 * May be wrong: P and F with an empty queue, D while the writer is awake. Never: a parked thread that
 * nobody is going to wake; here, a thread that does not end, which spin calls an invalid end state.
 *
 * Functions of the headers (raw_rwlock.hpp, detail/rwlock_core.hpp), and what stands for them here
 *   enter                inline enter          read-modify-write if admitted; else give up, or park
 *   queue                inline park, sleep    core: the queue, the node and its signal
 *   prepare_to_park      inline validate, publish_heating, recheck    all under the bucket lock
 *   drain                inline drain_readers  of who has claimed the lock, in a queue of its own
 *   pass_duty_on         inline pass_duty_on   of one who was woken, or held others back, and gives up
 *   NextInLine           inline choose         who can have the lock together
 *   unlock               inline unlock         plain store, then a second look at the epoch
 *   wake_all             inline wake_all       the epoch moved: wake all, by address
 *   leave                inline leave          from kWriter or kUpgradable to less: first the word,
 *                                              then wake_next, by address; or
 *   hand_off             inline hand_off       the lock passes on to those who are next
 *   unlock_shared        inline unlock_shared  wakes the drainer, by address, if no reader is left
 *
 * Memory is TSO, as in raw_mutex.pml: the plain store of an unlock waits in `pending` until the
 * process Buffers, the thread's own next read-modify-write, or somebody's membarrier drains it.
 * Modules, and membarrier that comes and goes, are the same code as for the mutex: see there.
 * One atomic step holds at most one access to what threads race for; what is done under the bucket
 * lock is merged with that access. -DFINE does not merge it and must agree.
 *
 * Lifetime: a writer that gets the lock when all others have released it for the last time frees the
 * lock once its own unlock has returned. Every access to the word asserts that it is not freed, also
 * when a pending store drains. Whoever touches the node of another thread asserts that it is not GONE.
 *
 * Threads    N=3, ROUNDS=1. Each reads, writes or reads upgradably, as it likes, or as MODE0 to MODE3
 *            say; holders go down to a lesser mode and up again as they like. Thread 0 has a deadline:
 *            it may give up whenever it looks at the clock, and then waits without one. Thread 1 may
 *            leave fairly.
 * Variants   -DPREFER=1    readers pass claiming writers;  -DPREFER=2    writers go first, hand-offs
 *            -DFALLBACK    every unlock is a read-modify-write
 * Mutants    #ifdef'd below, listed in CMakeLists.txt: each must be found wrong.
 */

#ifndef N
#define N 3
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif
#ifndef PREFER
#define PREFER 0
#endif

#define W 1
#define U 2
#define P 4
#define H 8
#define D 16
#define F 32
#define R 64
#define READERS 192

#define ANY 0
#ifndef MODE0
#define MODE0 ANY
#endif
#ifndef MODE1
#define MODE1 ANY
#endif
#ifndef MODE2
#define MODE2 ANY
#endif
#define may_be(mode_)                                                                     \
  ((me == 0 && (MODE0 == ANY || MODE0 == mode_)) || (me == 1 && (MODE1 == ANY || MODE1 == mode_)) || \
   (me == 2 && (MODE2 == ANY || MODE2 == mode_)))

/* A node, and the signal in it. A node leaves its queue once: TAKEN by a waker, or by its owner. */
#define GONE 0 /* its owner has returned: the stack frame may be anything */
#define QUEUED 1
#define TAKEN 2
#define NOTIFIED 3

#define RETRY 0
#define RETRY_MORE_WAIT 1 /* woken, and others are still parked */
#define HANDED_OFF 2      /* the lock is yours */

/* Outcomes of prepare_to_park. */
#define INVALID 0
#define PREPARED 1
#define COLD 2 /* P and H are set, the fence is yet to come */

#define NOBODY N

byte state = 0;
byte epoch = 0;
bool pending[N]; /* this thread's store buffer holds a store of 0 to the word */
bool bucket_locked = false;
byte queue[N];
byte queued = 0;
byte drainer = NOBODY; /* the queue of the claiming writer */
byte node[N];
byte token[N];
byte mode[N]; /* what the thread waits for */

bool freed = false;
byte released = 0; /* threads that have released the lock for the last time */
byte readers = 0, upgradables = 0, writers = 0; /* who believes to hold the lock how */
byte finished = 0;

#ifdef FINE
#define bucket_step /* every statement under the bucket lock is a step of its own */
#else
#define bucket_step atomic
#endif

#define has_deadline (me == 0 && !forced)
#ifdef DEPENDENT
#define rounds (me == 2 -> 2 : 1)
#define leaves_for_good true
#define others_need_not (finished == 2)
#define may_change false
#undef MODE0
#undef MODE1
#undef MODE2
#define MODE0 W
#define MODE1 R
#define MODE2 (round == 0 -> W : U)
#else
#define rounds ROUNDS
#define leaves_for_good false
#define others_need_not true
#define may_change true
#endif
#define last_round (round + 1 == rounds)
#if PREFER == 2
#define may_be_fair true
#define may_be_unfair false
#else
#define may_be_fair (me == 1)
#define may_be_unfair true
#endif

#define has_owner(state_) ((state_) & (W | U))
#if PREFER == 1
#define admits(state_, mode_) (mode_ == R -> !((state_) & W) || ((state_) & READERS) : !has_owner(state_))
#else
#define admits(state_, mode_) (mode_ == R -> !((state_) & W) : !has_owner(state_))
#endif

inline touch_lock() {
  assert(!freed);
  assert((state & (W | U)) != (W | U));
  assert(!(state & (P | F)) || has_owner(state))
}
inline touch_node(owner_) { assert(node[owner_] != GONE) }

inline drain_buffer(i_) {
  if
  :: pending[i_] -> assert(!freed); pending[i_] = false; state = 0
  :: else
  fi
}

/* First in an atomic step. The bucket lock is taken by a read-modify-write. */
inline lock_bucket() { atomic { !bucket_locked -> bucket_locked = true; drain_buffer(me) } }
inline unlock_bucket() { bucket_locked = false }

/* Beliefs. */
inline believe(mode_) {
  if
  :: mode_ == R -> readers++
  :: mode_ == U -> upgradables++
  :: mode_ == W -> writers++; if :: last_round && released == N - 1 -> last = true :: else fi
  fi;
  assert(writers + upgradables <= 1 && (!writers || !readers))
}
inline disbelieve(mode_) {
  if
  :: mode_ == R -> readers--
  :: mode_ == U -> upgradables--
  :: mode_ == W -> writers--
  :: mode_ == 0
  fi
}
inline change(from_, to_) {
  disbelieve(from_);
  if
  :: to_ == 0 -> if :: last_round -> released++ :: else fi
  :: else -> believe(to_)
  fi
}

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
  j = place_ + 1;
  do
  :: j < queued -> queue[j - 1] = queue[j]; j++
  :: else -> break
  od;
  queued--;
  queue[queued] = 0;
  j = 0
}

inline find_writer() {
#if PREFER == 2
  do
  :: i < queued && mode[queue[i]] != W -> i++
  :: else -> break
  od;
  writer_waits = (i < queued);
#endif
  i = 0
}

#define taken_by(granted_) (granted_ & (W | U))
#if PREFER == 2
#define may_join(granted_, mode_)                                                            \
  (mode_ == W -> !taken_by(granted_) :                                                       \
   !(granted_ & W) && ((granted_ & U) || !writer_waits) && (mode_ == R || !taken_by(granted_)))
#else
#define may_join(granted_, mode_) (mode_ == R || !taken_by(granted_))
#endif

inline choose(kept_) {
  granted = kept_;
  find_writer();
  do
#ifdef WITHOUT_WRITER
  :: i < queued && !(mode[queue[i]] == W && granted) ->
#else
  :: i < queued && !(PREFER == 0 && (granted & W)) ->
#endif
     if
#ifdef TWO_UPGRADABLE
     :: mode[queue[i]] == U || may_join(granted, mode[queue[i]]) ->
#else
     :: may_join(granted, mode[queue[i]]) ->
#endif
        assert(node[queue[i]] == QUEUED);
        granted = granted + mode[queue[i]];
        node[queue[i]] = TAKEN;
        chosen[queue[i]] = true;
        must_notify = true;
        remove_at(i)
     :: else -> i++
     fi
  :: else -> break
  od;
  i = 0
}

inline give_token(token_) {
  do
  :: i < N -> if :: chosen[i] -> token[i] = token_ :: else fi; i++
  :: else -> break
  od;
  i = 0
}

inline choose_to_retry(kept_) {
  d_step {
    choose(kept_);
    granted = 0;
    give_token((queued > 0 -> RETRY_MORE_WAIT : RETRY))
  }
}

/* After the bucket lock is released. The notification is the last touch of a node. */
inline notify_chosen() {
  do
  :: must_notify && i < N ->
     if
     :: chosen[i] -> d_step { assert(node[i] == TAKEN); node[i] = NOTIFIED; chosen[i] = false; i++ }
     :: else -> i++
     fi
  :: else -> must_notify = false; i = 0; break
  od
}

/* prepare_to_park: the caller's atomic step has taken the bucket lock. */

inline validate(mode_, ask_) {
  d_step {
    touch_lock();
    v = state;
    if
    :: admits(v, mode_) -> outcome = INVALID
    :: else ->
#ifdef HEAT_NEVER
       state = v | P | ask_;
       outcome = PREPARED
#else
       state = v | P | ask_ | (v & W -> H : 0);
       outcome = ((v & H) || !(v & W) -> PREPARED : COLD)
#endif
    fi;
    v = 0
  }
}

/* Each running thread passes a full fence, one after another. */
inline publish_heating() {
#ifdef TRUSTHOT
  unlock_bucket();
#endif
  epoch++;
#ifndef NOBARRIER
  do
  :: i < N -> d_step { drain_buffer(i); i++ }
  :: else -> i = 0; break
  od;
#endif
#ifdef TRUSTHOT
  lock_bucket()
#endif
}

inline recheck(mode_) {
#ifdef NORECHECK
  outcome = PREPARED
#else
  touch_lock();
  outcome = ((state & (P | H)) == (P | H) && !admits(state, mode_) -> PREPARED : INVALID)
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

/* Woken, or past the deadline. A waker that has taken the node wins; it must be waited for. */
inline sleep() {
  if
  :: node[me] == NOTIFIED
  :: has_deadline ->
     bucket_step {
       lock_bucket();
       if
       :: node[me] == QUEUED ->
          if
          :: drainer == me -> drainer = NOBODY
          :: drainer != me && queue[0] == me -> remove_at(0)
          :: drainer != me && queue[0] != me && queue[1] == me -> remove_at(1)
          :: else -> remove_at(2)
          fi;
          node[me] = GONE;
          gave_up = true
       :: else
       fi;
       unlock_bucket()
     };
     if
     :: gave_up
     :: !gave_up && node[me] == NOTIFIED
     fi
  fi
}

inline read_token() {
  if
  :: gave_up
  :: else ->
     d_step {
       if
       :: token[me] == HANDED_OFF ->
          entered = true;
          if :: mode[me] != W -> believe(mode[me]) :: else fi
       :: else ->
          woken = true;
#ifdef READERS_DUTY
          duty = (token[me] == RETRY_MORE_WAIT && mode[me] == R)
#else
#ifndef NORESTORE
          duty = (token[me] == RETRY_MORE_WAIT && mode[me] != R)
#endif
#endif
       fi;
       token[me] = RETRY;
       node[me] = GONE
     }
  fi
}

inline park() {
  bucket_step {
    lock_bucket();
    if
    :: validate(mode[me], 0)
    :: woken -> validate(mode[me], F) /* overtaken, and has waited for long (any time, here) */
    fi;
    if
    :: outcome == COLD
    :: else -> finish_park()
    fi
  };
  if
  :: outcome == COLD ->
     publish_heating();
     bucket_step { recheck(mode[me]); finish_park() }
  :: else
  fi;
  if
  :: outcome == PREPARED ->
     outcome = 0;
     sleep();
#ifndef NOHELDBACK
     if
     :: gave_up && mode[me] == W -> duty = true /* for those it held back */
     :: else
     fi;
#endif
     read_token()
  :: else -> outcome = 0
  fi
}

inline finish_pass_on() {
  if
  :: outcome == INVALID -> choose_to_retry(0)
  :: outcome == PREPARED && !(state & W) -> choose_to_retry(U)
  :: else /* that writer's unlock will find P */
  fi;
  unlock_bucket()
}

inline pass_duty_on() {
  bucket_step {
    lock_bucket();
    if
    :: queued == 0 -> unlock_bucket()
    :: else -> passing = true; validate(W, 0)
    fi
  };
  if
  :: passing ->
     if
     :: outcome == COLD -> publish_heating(); bucket_step { recheck(W) }
     :: else
     fi;
     bucket_step { finish_pass_on(); passing = false }
  :: else
  fi;
  outcome = 0;
  notify_chosen()
}

/* Gets what mode[me] says; for a writer it is a claim. */
inline enter() {
  entered = false; gave_up = false; duty = false; woken = false;
  do
  :: entered || gave_up -> break
  :: else ->
     d_step {
       drain_buffer(me);
       touch_lock();
       v = state;
       if
       :: admits(v, mode[me]) ->
          state = (v + mode[me]) | (duty -> P : 0);
          entered = true;
          if :: mode[me] != W -> believe(mode[me]) :: else fi
       :: else
       fi;
       v = 0
     };
     if
     :: entered
     :: !entered -> park()
     :: !entered && has_deadline -> gave_up = true
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

/* The claiming writer waits for the readers. */
inline drain_readers() {
  entered = false; gave_up = false;
  do
  :: entered || gave_up -> break
  :: else ->
     d_step {
       touch_lock();
       v = state;
       if
       :: v & READERS
       :: else -> entered = true; believe(W)
       fi
     };
     if
     :: entered && (v & D) -> d_step { touch_lock(); state = state & ~D }
     :: entered && !(v & D)
     :: !entered && has_deadline -> gave_up = true
     :: !entered ->
        bucket_step {
          lock_bucket();
          d_step {
            touch_lock();
#ifdef DRAIN_UNCHECKED
            if
            :: true ->
#else
            if
            :: state & READERS ->
#endif
               assert(drainer == NOBODY);
               state = state | D; drainer = me; node[me] = QUEUED; outcome = PREPARED
            :: else -> outcome = INVALID
            fi
          };
          unlock_bucket()
        };
        if
        :: outcome == PREPARED ->
           sleep();
           if
           :: gave_up
           :: else -> d_step { token[me] = RETRY; node[me] = GONE }
           fi
        :: else
        fi;
        outcome = 0
     fi;
     v = 0
  od
}

inline wake_next(kept_) {
  bucket_step {
    lock_bucket();
    choose_to_retry(kept_);
    unlock_bucket()
  };
  notify_chosen()
}

/* The word when `kept` is left of `held`. */
#ifdef FORGET_ON_DOWNGRADE
#define without(state_, held_, kept_) (((state_) - held_ + kept_) & ~(D | P))
#else
#define without(state_, held_, kept_) (((state_) - held_ + kept_) & ~(kept_ == U -> D : (D | P)))
#endif

/* What the thread believes: it may have held no more than a claim. */
inline step_down(held_, kept_) {
  if
  :: claimed -> claimed = false; if :: kept_ -> believe(U) :: else fi
  :: else -> change(held_, kept_)
  fi
}

inline hand_off(held_, kept_) {
  bucket_step {
    lock_bucket();
    touch_lock();
    d_step {
      choose(kept_);
#ifdef HANDOFF_RELEASES
      state = without(state & ~(F | P), held_, kept_);
#else
#ifdef FORGET_PARKED
      state = without(state & ~(F | P), held_, granted);
#else
      state = without(state & ~(F | P), held_, granted) | (queued > 0 -> P : 0);
#endif
#endif
      granted = 0;
      give_token(HANDED_OFF);
      step_down(held_, kept_)
    };
    unlock_bucket()
  };
  notify_chosen()
}

inline leave(held_, kept_) {
  if
  :: may_be_unfair
  :: may_be_fair -> fair = true
  fi;
  d_step {
    drain_buffer(me);
    touch_lock();
    v = state;
    if
    :: (v & F) || (fair && (v & P)) -> handing = true
    :: else -> state = without(v, held_, kept_); step_down(held_, kept_)
    fi
  };
  fair = false;
  if
  :: handing -> handing = false; v = 0; hand_off(held_, kept_)
  :: else ->
#ifdef TOUCH_AFTER_RELEASE
     if :: kept_ == 0 -> d_step { touch_lock() } :: else fi;
#endif
     if
#ifdef PRIMED_FILTER
     :: v & P -> v = 0; wake_next(U)
#else
     :: v & P -> v = 0; wake_next(kept_)
#endif
     :: else -> v = 0
     fi
  fi
}

inline wake_all() {
  bucket_step {
    lock_bucket();
    do
    :: queued > 0 ->
       node[queue[0]] = TAKEN; token[queue[0]] = RETRY; chosen[queue[0]] = true; must_notify = true;
       remove_at(0)
    :: else -> break
    od;
    unlock_bucket()
  };
  notify_chosen()
}

inline unlock() {
#ifndef FALLBACK
  e = epoch;
  d_step { touch_lock(); v = state };
#endif
  if
  :: v == W ->
     v = 0;
     d_step { touch_lock(); pending[me] = true; change(W, 0) };
#ifdef TOUCH_AFTER_STORE
     d_step { assert(pending[me] || !freed) };
#endif
#ifndef NOEPOCHCHECK
     if
     :: d_step { epoch == e -> e = 0 }
     :: d_step { epoch != e -> e = 0 }; wake_all()
     fi
#else
     e = 0
#endif
  :: else -> e = 0; v = 0; leave(W, 0)
  fi
}

inline unlock_shared() {
  d_step {
    drain_buffer(me);
    touch_lock();
    v = state;
    assert(v & READERS);
    state = v - R;
    change(R, 0)
  };
  if
  :: (v & D) && (PREFER != 1 || (v & READERS) == R) ->
     v = 0;
     bucket_step {
       lock_bucket();
#ifdef WAKE_UNSEEN
       touch_lock();
#endif
       if
       :: drainer != NOBODY ->
          touch_lock();
          if
          :: state & READERS
          :: else ->
             node[drainer] = TAKEN; chosen[drainer] = true; must_notify = true; drainer = NOBODY
          fi
       :: else
       fi;
       unlock_bucket()
     };
     notify_chosen()
  :: else -> v = 0
  fi
}

/* From a claim, on gave_up back to `kept`. */
inline own_claim(kept_) {
  drain_readers();
#ifndef KEEP_CLAIM
  if
  :: gave_up -> claimed = true; leave(W, kept_)
  :: else
  fi
#endif
}

inline upgrade() {
  d_step { drain_buffer(me); touch_lock(); state = state - U + W; disbelieve(U) };
  own_claim(U)
}

/* In what mode[me] says, and then in whatever else the thread likes, until it has released all. */
inline hold() {
  held = mode[me];
  do
  :: held == 0 -> break
  :: held == R -> unlock_shared(); held = 0
  :: held == W -> unlock(); held = 0
  :: held == W && may_change -> leave(W, R); held = R
  :: held == W && may_change -> leave(W, U); held = U; may_upgrade = false
  :: held == U && others_need_not -> leave(U, 0); held = 0
  :: held == U && may_change -> leave(U, R); held = R
  :: held == U && may_change && may_upgrade -> upgrade(); held = (gave_up -> U : W); may_upgrade = false
  od
}

proctype Thread(byte me) {
  byte round = 0;
  byte v = 0, e = 0, i = 0, j = 0, outcome = 0, granted = 0, held = 0;
  bool entered = false, gave_up = false, forced = false, duty = false, woken = false;
  bool fair = false, last = false, must_notify = false, handing = false, claimed = false;
  bool passing = false, may_upgrade = true;
#if PREFER == 2
  bool writer_waits = false;
#endif
  bool chosen[N];

  do
  :: round < rounds ->
     if
     :: may_be(R) -> mode[me] = R
     :: may_be(U) -> mode[me] = U
     :: may_be(W) -> mode[me] = W
     fi;
     enter();
     if
     :: mode[me] == W && !gave_up -> own_claim(0)
     :: else
     fi;
     if
     :: gave_up && !leaves_for_good -> forced = true
     :: gave_up && leaves_for_good -> break
     :: else -> hold(); forced = false; may_upgrade = true; round++
     fi
  :: else ->
     if
     :: last -> /* frees the lock: that store comes out of the buffer after the unlocking one */
        d_step { !pending[me] -> assert(!(state & ~(H)) && queued == 0); freed = true; last = false }
     :: else
     fi;
     break
  od;
  finished++
}

/* The store buffers drain whenever they like. */
proctype Buffers() {
  byte i;
end:
  do
  :: atomic { pending[0] -> drain_buffer(0) }
  :: atomic { pending[1] -> drain_buffer(1) }
#if N > 2
  :: atomic { pending[2] -> drain_buffer(2) }
#endif
  od
}

init {
  byte i = 0;
  atomic {
    run Buffers();
    do
    :: i < N -> run Thread(i); i++
    :: else -> break
    od
  };
  finished == N;
  i = 0;
  do
  :: i < N -> !pending[i]; i++
  :: else -> break
  od;
  assert(freed || !(state & ~H) && queued == 0 && drainer == NOBODY)
}

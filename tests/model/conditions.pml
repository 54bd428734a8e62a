// SPDX-License-Identifier: MIT
// Waits of a lock's holders until a predicate holds, for the model checker spin (see run_model.sh).

/*
 * What is modelled: include/parking_lot/detail/conditions.hpp, over a mutex that is mutex_core.hpp's
 * when hot (raw_mutex.pml has the rest of it):
 *   L  kLocked: a thread owns the lock
 *   P  kParked: the queue may be non-empty; else a thread with parked ones is on its way to wake one
 *   A  kAwaited: the ring is non-empty
 *   ring   those whose predicate was false. Changed under the bucket lock, by the lock's owner only:
 *          who owns the lock may walk it without the bucket lock.
 *
 * Functions of the headers, and what stands for them here
 *   contend, wake_next, hand_off      inlines of those names
 *   unlock_contended                  inlines unlock, release
 *   move_those_that_hold, move        inline evaluate
 *   await, sleep_until_it_may_hold    inline await
 *
 * One atomic step holds one access to what threads race for: the lock's state, a node's signal. What
 * the bucket's lock guards is merged with that access, as in raw_mutex.pml. A predicate is evaluated
 * in a step of its own.
 *
 * A thread has two nodes: `me` in the ring, and from there in the queue; T + me in the queue, when it
 * contends for the lock.
 *
 * Each waiter takes one item; each signaller adds its items in one critical section, and there waits
 * until all waiters are done. A waiter that is forgotten is an invalid end state to spin. Asserted:
 * one owner at a time; nobody but the walker changes a ring that is walked; nobody touches the node
 * of a thread that has left its wait, nor the lock once its last user has unlocked it.
 *
 * Sizes      -DN=3 waiters, -DM=1 signallers. Waiter 0 may give up one wait at any time: a deadline
 *            or a stop request.
 * Variants   -DSTAGES      waiter i waits for its turn, which waiter i - 1 gives it
 *            -DTHROWS      waiter 1's predicate throws when another would say yes: it takes nothing
 *            -DFIFO        RawFairMutex: unlocking hands over
 *            -DALL_TIMED   every waiter may give up
 * Mutants    #ifdef'd below, listed in CMakeLists.txt: each must be found wrong.
 */

#ifndef N
#define N 3
#endif
#ifndef M
#define M 1
#endif
#define T (N + M)

#define L 1
#define P 2
#define A 4

/* A node. It leaves the ring, and the queue, once. */
#define GONE 0    /* its owner has left its wait: the stack frame may be anything */
#define WAITING 1 /* in the ring */
#define PARKED 2  /* in the queue of the lock */
#define TAKEN 3
#define NOTIFIED 4

#define RETRY 0
#define RETRY_MORE_WAIT 1
#define HANDED_OFF 2

#define NOBODY 255

#ifdef ALL_TIMED
#define has_deadline(me) (me < N)
#else
#define has_deadline(me) (me == 0)
#endif
#ifdef FIFO
#define may_be_fair true
#define may_be_unfair false
#else
#define may_be_fair (me == 1)
#define may_be_unfair true
#endif

byte state = 0;
byte owners = 0;
byte walker = NOBODY;
bool alive = true;
byte references = T;

byte queue[T * 2];
byte queued = 0;
byte ring[T];
byte in_ring = 0;
byte node[T * 2];
byte token[T * 2];
bool gave_up[T]; /* of the node in the ring */
byte came[T];    /* in which order they first waited */
byte arrivals = 0;

/* The data. */
byte items = 0;
byte stage = 0;
byte done = 0;
byte finished = 0;

#ifdef STAGES
#define says_yes(who_) ((who_ < N && stage == who_ + 1) || (who_ >= N && done == N))
#else
#define says_yes(who_) ((who_ < N && items > 0) || (who_ >= N && done == N))
#endif

inline touch_lock() { assert(alive) }
inline touch_node(node_) { assert(node[node_] != GONE) }
inline change_ring() { assert(walker == NOBODY || walker == me) }

inline enter() { owners++; assert(owners == 1) }
inline leave_section() { owners-- }

/* The queue of the lock. */

inline push_back(node_) { queue[queued] = node_; queued++; node[node_] = PARKED }

inline push_front(node_) {
  i = queued;
  do
  :: i > 0 -> queue[i] = queue[i - 1]; i--
  :: else -> break
  od;
  queue[0] = node_;
  queued++;
  node[node_] = PARKED
}

inline take_head() {
  taken = queue[0];
  assert(node[taken] == PARKED);
  node[taken] = TAKEN;
  i = 1;
  do
  :: i < queued -> queue[i - 1] = queue[i]; i++
  :: else -> break
  od;
  i = 0;
  queued--;
  queue[queued] = 0;
  must_notify = true
}

/* The last touch of a node. */
inline notify_taken() {
  if
  :: must_notify -> d_step { assert(node[taken] == TAKEN); node[taken] = NOTIFIED; must_notify = false; taken = 0 }
  :: else
  fi
}

/* The ring. */

inline remove_from_ring(who_) {
  change_ring();
  i = 0;
  do
  :: ring[i] != who_ -> i++
  :: else -> break
  od;
  assert(i < in_ring);
  do
  :: i + 1 < in_ring -> ring[i] = ring[i + 1]; i++
  :: else -> break
  od;
  i = 0;
  in_ring--;
  ring[in_ring] = 0;
  touch_lock();
#ifdef CLEAR_THOUGH_OTHERS_WAIT
  state = state & (L | P)
#else
  if :: in_ring == 0 -> state = state & (L | P) :: else fi
#endif
}

inline add_to_ring() {
  change_ring();
  touch_lock();
  if
  :: moved -> /* it held before: it gets its place back, ahead of those who came later */
     i = in_ring;
     do
     :: i > 0 && came[ring[i - 1]] > came[me] -> ring[i] = ring[i - 1]; i--
     :: else -> break
     od;
     ring[i] = me
  :: else ->
     ring[in_ring] = me;
     if :: came[me] == 0 -> arrivals++; came[me] = arrivals :: else fi
  fi;
  i = 0;
  in_ring++;
  node[me] = WAITING;
  gave_up[me] = false;
#ifndef BIT_LATE
  state = state | A
#endif
}

/* The lock. */

/* Woken: the token says with what. */
inline end_sleep(node_) {
  d_step {
    assert(node[node_] == NOTIFIED);
    node[node_] = GONE;
    woken = true;
    duty = (token[node_] == RETRY_MORE_WAIT);
    if
    :: token[node_] == HANDED_OFF -> owns = true; enter()
    :: else
    fi;
    token[node_] = RETRY
  }
}

inline park() {
  atomic {
    touch_lock();
    if
    :: !(state & L) /* invalid */
    :: else ->
       state = state | P;
       if
       :: woken -> push_front(T + me)
       :: else -> push_back(T + me)
       fi;
       duty = false
    fi
  };
  if
  :: node[T + me] == GONE
  :: node[T + me] != GONE -> node[T + me] == NOTIFIED; end_sleep(T + me)
  fi
}

inline contend() {
  do
  :: owns -> break
  :: else ->
     d_step {
       touch_lock();
       if
       :: !(state & L) ->
          state = state | L | (duty -> P : 0);
          owns = true;
          enter()
       :: else
       fi
     };
     if
     :: owns
     :: else -> park()
     fi
  od;
  atomic { owns = false; woken = false; duty = false }
}

/* Wakes the head to retry; or, when it is the waiters' turn (any time, here), claims the lock for it. */
inline wake_next() {
  atomic {
    if
    :: queued > 0 -> take_head(); token[taken] = (queued > 0 -> RETRY_MORE_WAIT : RETRY)
    :: queued > 0 && !(state & L) ->
       touch_lock();
       take_head();
       token[taken] = HANDED_OFF;
#ifdef FORGET_ON_CLAIM
       state = L | (queued > 0 -> P : 0)
#else
       state = (state & A) | L | (queued > 0 -> P : 0)
#endif
    :: queued == 0
    fi
  };
  notify_taken()
}

inline hand_off() {
  atomic {
    touch_lock();
    leave_section();
    if
    :: queued > 0 ->
       take_head();
       token[taken] = HANDED_OFF;
#ifdef FORGET_ON_HANDOFF
       state = L | (queued > 0 -> P : 0)
#else
       state = (state & A) | L | (queued > 0 -> P : 0)
#endif
    :: else -> /* [U3] */
#ifdef FORGET_ON_EMPTY_HANDOFF
       state = 0
#else
       state = state & A
#endif
    fi
  };
  notify_taken()
}

inline release() {
  if
  :: may_be_unfair
  :: may_be_fair -> fair = true
  fi;
  d_step {
    touch_lock();
    v = state;
    assert(v & L);
    if
    :: fair && (v & P)
    :: else ->
       fair = false;
#ifdef FORGET_ON_RELEASE
       state = 0;
#else
       state = state & A;
#endif
       leave_section()
    fi
  };
  if
  :: fair -> fair = false; v = 0; hand_off()
  :: else ->
     if
     :: v & P -> v = 0; wake_next()
     :: else -> v = 0
     fi
  fi
}

/* Moves the first one in the ring that holds, and has not given up, to the queue of the lock. */
inline evaluate() {
  atomic { touch_lock(); change_ring(); walker = me; place = 0 };
  do
  :: place < in_ring ->
     d_step { touch_lock(); touch_node(ring[place]); assert(ring[place] < T); yes = says_yes(ring[place]) };
     if
     :: yes ->
        atomic {
          touch_lock();
          first = ring[place];
#ifdef NO_GAVE_UP
          if
          :: false
#else
          if
          :: gave_up[first] -> place++; yes = false
#endif
          :: else ->
             assert(node[first] == WAITING);
             remove_from_ring(first);
             push_back(first);
#ifndef MOVE_UNPARKED
             state = state | P;
#endif
          fi;
          first = 0
        };
        if
        :: yes -> break
        :: else
        fi
#ifdef ASK_ONLY_THE_FIRST
     :: else -> break
#else
     :: else -> place++
#endif
     fi
  :: else -> break
  od;
  atomic { walker = NOBODY; place = 0; yes = false }
}

inline evaluate_if_awaited() {
  if
  :: state & A -> evaluate()
  :: else
  fi
}

inline unlock() {
#ifdef EVALUATE_AFTER_RELEASE
  release();
  evaluate_if_awaited()
#else
  evaluate_if_awaited();
  release()
#endif
}

/* Ends with the lock held; `expired`, if it gave up. */
inline await() {
  do
  :: says_yes(me) || expired -> break
  :: else ->
#ifndef AWAIT_WITHOUT_EVALUATION
     evaluate_if_awaited();
#endif
     atomic { add_to_ring() };
     release();
#ifdef BIT_LATE
     atomic { touch_lock(); state = state | A };
#endif
     if
     :: node[me] == NOTIFIED
     :: has_deadline(me) && !forced ->
        atomic {
          forced = true;
          expired = true;
          if
          :: node[me] == WAITING ->
#ifdef REMOVE_UNLOCKED
             remove_from_ring(me);
#endif
             gave_up[me] = true;
             left = true
          :: else
          fi
        };
        if
        :: left
        :: !left && node[me] == NOTIFIED
        fi
     fi;
     if
     :: left ->
        contend();
        atomic {
          left = false;
          moved = false;
#ifndef REMOVE_UNLOCKED
          assert(node[me] == WAITING);
          remove_from_ring(me);
#endif
          gave_up[me] = false;
          node[me] = GONE
        }
     :: else -> end_sleep(me); contend(); moved = true
     fi
  od;
  atomic { assert(owners == 1); moved = false }
}

inline last_unlock() {
  atomic {
    references--;
    last = (references == 0)
  };
  unlock();
  if
  :: last -> alive = false
  :: else
  fi;
  finished++
}

proctype Waiter(byte me) {
  byte v = 0, i = 0, taken = 0, place = 0, first = 0;
  bool owns = false, woken = false, duty = false, must_notify = false, fair = false, last = false;
  bool yes = false, moved = false, left = false, forced = false, expired = false;

  contend();
  await();
  if
  :: expired && !says_yes(me) -> expired = false; unlock(); contend(); await()
  :: expired && says_yes(me) -> expired = false
  :: else
  fi;
  assert(says_yes(me));
#ifdef THROWS
  if :: me != 1 -> items-- :: else fi;
#else
  items--;
#endif
  stage++;
  done++;
#ifdef LEAVE_SILENTLY
  atomic { references--; last = (references == 0) };
  if
  :: me == 1 -> release()
  :: else -> unlock()
  fi;
  if :: last -> alive = false :: else fi;
  finished++
#else
  last_unlock()
#endif
}

proctype Signaller(byte me) {
  byte v = 0, i = 0, taken = 0, place = 0, first = 0;
  bool owns = false, woken = false, duty = false, must_notify = false, fair = false, last = false;
  bool yes = false, moved = false, left = false, forced = false, expired = false;

  contend();
  items = items + (me == N -> N - N / M * (M - 1) : N / M); /* N in all */
  if :: stage == 0 -> stage = 1 :: else fi;
  await();
  last_unlock()
}

init {
  byte i = 0;
  atomic {
    do
    :: i < N -> run Waiter(i); i++
    :: i >= N && i < T -> run Signaller(i); i++
    :: else -> i = 0; break
    od
  };
  /* Everybody ended: nobody was forgotten, and nothing is left behind. */
  d_step {
    finished == T ->
    assert(done == N && state == 0 && owners == 0 && queued == 0 && in_ring == 0);
    do
    :: i < T * 2 -> assert(node[i] == GONE); i++
    :: else -> break
    od
  }
}

// SPDX-License-Identifier: MIT
// Condvar and its requeueing, for the model checker spin (see run_model.sh).

/*
 * What is modelled: include/parking_lot/detail/parking_condvar.hpp and requeue.hpp, over a mutex
 * that is raw_mutex.hpp's when hot (raw_mutex.pml has the rest of it):
 *   L  kLocked: a thread owns the lock
 *   P  kParked: the queue may be non-empty; else a thread with parked ones is on its way to wake one
 *   has_waiters  whether the condition variable's queue is non-empty
 *
 * Functions of the headers, and what stands for them here
 *   contend, unlock, wake_next, hand_off   inlines of those names
 *   wait, enqueue, sleep, leave            inline wait
 *   relock                                 inlines wake_companions, contend with the token
 *   notify, take                           inline notify
 *   line_up                                inline line_up
 *
 * One atomic step holds one access to what threads race for: a lock's state, has_waiters, a node's
 * signal. What a bucket's lock guards is merged with that access, as in raw_mutex.pml.
 *
 * Each waiter waits until its predicate holds, and ends: one that is forgotten is an invalid end
 * state to spin. Asserted: one owner at a time; who returns from a wait owns the lock; as many waits
 * return notified as notifications reported; notify_all wakes WOKEN threads at most; nobody touches
 * the node of a thread that has returned, nor the condition variable once it may be destroyed.
 *
 * Sizes      -DN=3 waiters, -DM=1 notifiers, -DWOKEN=2 of the waiters on their way at a time. Waiter 0
 *            may give up one wait at any time: a deadline or a stop request.
 * Variants   -DONE        notifiers add N items one by one, with notify_one; else: one notify_all
 *            -DFIFO       RawFairMutex: unlocking hands over
 *            -DLOCKS=2    waiter i waits with lock i % 2
 *            -DALL_TIMED  every waiter may give up
 * Mutants    #ifdef'd below, listed in CMakeLists.txt: each must be found wrong.
 */

#ifndef N
#define N 3
#endif
#ifndef M
#define M 1
#endif
#ifndef LOCKS
#define LOCKS 1
#endif
#ifndef WOKEN
#define WOKEN 2
#endif
#define T (N + M)

#define L 1
#define P 2

/* A node. It leaves a queue once: TAKEN by a waker, or by its owner. */
#define GONE 0    /* its owner has returned: the stack frame may be anything */
#define WAITING 1 /* in the queue of the condition variable */
#define PARKED 2  /* in the queue of a lock */
#define TAKEN 3
#define NOTIFIED 4

#define RETRY 0
#define RETRY_MORE_WAIT 1
#define HANDED_OFF 2

#define lock_of(thread_) (thread_ % LOCKS)
#ifdef ALL_TIMED
#define has_deadline(me) true
#else
#define has_deadline(me) (me == 0)
#endif

byte state[LOCKS];
byte owners[LOCKS];
byte parked[LOCKS * T]; /* the locks' queues */
byte parked_count[LOCKS];

bool has_waiters = false;
byte waiting[N]; /* the condition variable's queue */
byte waiting_count = 0;
bool alive = true;

byte node[T];
byte token[T];
byte companions[N]; /* how many it wakes once its turn has come */
bool was_notified[N]; /* `notified` of the node */

byte items[LOCKS]; /* the predicate, guarded by its lock */
byte reported = 0; /* by the notify functions */
byte returned_notified = 0;
byte waiters_done = 0;
byte finished = 0;

inline touch_condvar() { assert(alive) }
inline touch_node(owner_) { assert(node[owner_] != GONE) }

inline enter() { owners[my_lock]++; assert(owners[my_lock] == 1) }
inline leave_section() { owners[my_lock]-- }

/* The queue of a lock. */

inline push_back(lock_, who_) {
  parked[lock_ * T + parked_count[lock_]] = who_;
  parked_count[lock_]++;
  node[who_] = PARKED
}

inline push_front(lock_, who_) {
  i = parked_count[lock_];
  do
  :: i > 0 -> parked[lock_ * T + i] = parked[lock_ * T + i - 1]; i--
  :: else -> break
  od;
  parked[lock_ * T] = who_;
  parked_count[lock_]++;
  node[who_] = PARKED
}

inline take_head() {
  taken = parked[my_lock * T];
  assert(node[taken] == PARKED);
  node[taken] = TAKEN;
  i = 1;
  do
  :: i < parked_count[my_lock] -> parked[my_lock * T + i - 1] = parked[my_lock * T + i]; i++
  :: else -> break
  od;
  i = 0;
  parked_count[my_lock]--;
  parked[my_lock * T + parked_count[my_lock]] = 0;
  must_notify = true
}

/* The last touch of a node. */
inline notify_taken() {
  if
  :: must_notify -> d_step { assert(node[taken] == TAKEN); node[taken] = NOTIFIED; must_notify = false; taken = 0 }
  :: else
  fi
}

/* The lock. */

inline park() {
  atomic {
    if
    :: !(state[my_lock] & L) /* invalid */
    :: else ->
       state[my_lock] = state[my_lock] | P;
       if
       :: woken -> push_front(my_lock, me)
       :: else -> push_back(my_lock, me)
       fi;
       duty = false
    fi
  };
  if
  :: node[me] == GONE
  :: node[me] != GONE -> node[me] == NOTIFIED; end_sleep()
  fi
}

/* Woken, by whoever: the token says with what. */
inline end_sleep() {
  d_step {
    assert(node[me] == NOTIFIED);
    node[me] = GONE;
    woken = true;
    duty = (token[me] == RETRY_MORE_WAIT);
#ifndef HANDED_OFF_CONTENDS
    if
    :: token[me] == HANDED_OFF -> owns = true; enter()
    :: else
    fi;
#endif
    token[me] = RETRY
  }
}

inline contend() {
  do
  :: owns -> break
  :: else ->
     d_step {
       if
       :: !(state[my_lock] & L) ->
          state[my_lock] = state[my_lock] | L | (duty -> P : 0);
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

inline wake_next() {
  atomic {
    if
    :: parked_count[my_lock] > 0 && !(state[my_lock] & L) -> /* the waiters' turn (any time, here) */
       take_head();
       token[taken] = HANDED_OFF;
       state[my_lock] = L | (parked_count[my_lock] > 0 -> P : 0)
    :: parked_count[my_lock] > 0 ->
       take_head();
       token[taken] = (parked_count[my_lock] > 0 -> RETRY_MORE_WAIT : RETRY)
    :: else
    fi
  };
  notify_taken()
}

/* (The headers take all of them in one go, and then notify them.) */
inline wake_companions() {
  do
  :: companions[me] > 0 ->
     atomic {
       companions[me]--;
       if
       :: parked_count[my_lock] > 0 ->
          take_head();
#ifdef COMPANIONS_FORGET
          token[taken] = RETRY; duty = false
#else
          token[taken] = (parked_count[my_lock] > 0 -> RETRY_MORE_WAIT : RETRY)
#endif
       :: else
       fi
     };
     notify_taken()
  :: else -> break
  od
}

inline hand_off() {
  atomic {
    leave_section();
    if
    :: parked_count[my_lock] > 0 ->
       take_head();
       token[taken] = HANDED_OFF;
       state[my_lock] = L | (parked_count[my_lock] > 0 -> P : 0)
    :: else -> state[my_lock] = 0
    fi
  };
  notify_taken()
}

inline unlock() {
  d_step {
    v = state[my_lock];
    assert(v & L);
#ifdef FIFO
    if
    :: v & P
    :: else -> state[my_lock] = 0; leave_section()
    fi
#else
    state[my_lock] = 0;
    leave_section()
#endif
  };
  if
#ifdef FIFO
  :: v & P -> v = 0; hand_off()
#else
  :: v & P -> v = 0; wake_next()
#endif
  :: else -> v = 0
  fi
}

/* The condition variable. */

inline remove_waiting(who_) {
  i = 0;
  do
  :: waiting[i] != who_ -> i++
  :: else -> break
  od;
  do
  :: i + 1 < waiting_count -> waiting[i] = waiting[i + 1]; i++
  :: else -> break
  od;
  i = 0;
  waiting_count--;
  waiting[waiting_count] = 0
}

inline enqueue() {
  atomic {
    touch_condvar();
    waiting[waiting_count] = me;
    waiting_count++;
    node[me] = WAITING;
    was_notified[me] = false;
#ifndef FLAG_AFTER_UNLOCK
    has_waiters = true
#endif
  }
}

inline wait() {
#ifdef UNLOCK_FIRST
  unlock();
  enqueue();
#else
  enqueue();
  unlock();
#endif
#ifdef FLAG_AFTER_UNLOCK
  has_waiters = true;
#endif
  if
  :: node[me] == NOTIFIED
  :: has_deadline(me) && !forced ->
     atomic { /* leave */
       if
#ifdef LEAVE_THOUGH_NOTIFIED
       :: node[me] != PARKED ->
          if :: node[me] == WAITING -> remove_waiting(me) :: else fi;
#else
       :: !was_notified[me] ->
          assert(node[me] == WAITING);
          remove_waiting(me);
#endif
          node[me] = GONE;
          gave_up = true;
          touch_condvar();
#ifdef CLEAR_THOUGH_OTHERS_WAIT
          has_waiters = false
#else
          if :: waiting_count == 0 -> has_waiters = false :: else fi
#endif
#ifdef LEAVE_TOUCHES
       :: else -> touch_condvar()
#else
       :: else
#endif
       fi
     };
     if
     :: gave_up
     :: !gave_up && node[me] == NOTIFIED
     fi;
     forced = true
  fi;
  if
  :: gave_up -> gave_up = false; contend()
  :: else ->
     end_sleep();
#ifdef RETURN_AT_ONCE
     owns = false; woken = false; duty = false;
#else
     wake_companions();
     contend();
#endif
#ifdef REPORT_TIMEOUT
     if :: forced :: else -> returned_notified++ fi
#else
     returned_notified++
#endif
  fi;
  assert(owners[my_lock] == 1)
}

/* Deals with list[place] and those that follow with the same lock. */
inline line_up() {
  atomic {
    first = list[place];
    assert(node[first] == TAKEN);
    to_wake = 0;
    is_free = !(state[lock_of(first)] & L);
#ifdef WAKE_ALL
    to_wake = list_length - place;
#else
#ifndef NEVER_WAKE
    do
    :: !(state[lock_of(first)] & L) && to_wake < WOKEN && place + to_wake < list_length &&
       lock_of(list[place + to_wake]) == lock_of(first) -> to_wake++
    :: else -> break
    od;
#endif
#endif
#ifndef NO_PREPARE
    if
    :: to_wake == 0 -> state[lock_of(first)] = state[lock_of(first)] | P
    :: else
    fi;
#endif
    next = place + to_wake;
    do
    :: next < list_length && lock_of(list[next]) == lock_of(first) ->
       assert(node[list[next]] == TAKEN);
       push_back(lock_of(first), list[next]);
       next++
    :: else -> break
    od;
    if
    :: !is_free && next > place ->
       companions[first] = (next - place < WOKEN -> next - place : WOKEN) - 1
    :: else
    fi;
    is_free = false;
#ifndef NO_DUTY
    more = (parked_count[lock_of(first)] > 0)
#endif
  };
  do
  :: to_wake > 0 ->
     d_step {
       first = list[place];
       assert(node[first] == TAKEN);
       token[first] = (more -> RETRY_MORE_WAIT : RETRY);
       node[first] = NOTIFIED;
       woken_here++;
       to_wake--;
       place++
     };
#ifdef NEXT_AFTER_NOTIFY
     d_step { touch_node(first) };
#endif
  :: else -> break
  od;
  atomic { place = next; next = 0; more = false; first = 0 }
}

inline notify(limit_) {
  atomic {
    touch_condvar();
    list_length = 0;
    if
    :: has_waiters -> called = true
    :: else
    fi
  };
  if
  :: called ->
     atomic { /* take */
       called = false;
       do
       :: waiting_count > 0 && list_length < limit_ ->
          list[list_length] = waiting[0];
          list_length++;
          node[waiting[0]] = TAKEN;
          was_notified[waiting[0]] = true;
          remove_waiting(waiting[0])
       :: else -> break
       od;
       reported = reported + list_length;
#ifndef CLEAR_LATE
       if
       :: list_length > 0 && waiting_count == 0 -> touch_condvar(); has_waiters = false
       :: else
       fi
#endif
     };
     place = 0;
     woken_here = 0;
     do
     :: place < list_length -> line_up()
     :: else -> break
     od;
     assert(LOCKS > 1 || woken_here <= WOKEN);
#ifdef CLEAR_LATE
     atomic {
       touch_condvar();
       if :: waiting_count == 0 -> has_waiters = false :: else fi
     };
#endif
     atomic {
       place = 0; woken_here = 0; list_length = 0;
       do
       :: i < N -> list[i] = 0; i++
       :: else -> i = 0; break
       od
     }
  :: else
  fi
}

proctype Waiter(byte me) {
  byte my_lock = lock_of(me);
  byte v = 0, i = 0, taken = 0;
  bool owns = false, woken = false, duty = false, must_notify = false;
  bool forced = false, gave_up = false, waited = false;

  contend();
  do
  :: items[my_lock] > 0 -> break
  :: else -> wait(); waited = was_notified[me]
  od;
  atomic {
#ifdef ONE
    items[my_lock]--;
#endif
    waiters_done++;
#ifndef ONE
    /* All have been notified: one of them may destroy the condition variable. */
    if
    :: waiters_done == N && waited -> alive = false
    :: else
    fi
#endif
  };
  unlock();
  finished++
}

proctype Notifier(byte me) {
  byte v = 0, i = 0, taken = 0, my_lock = 0, rounds = 0;
  bool owns = false, woken = false, duty = false, must_notify = false;
  byte list[N];
  byte list_length = 0, place = 0, next = 0, first = 0, to_wake = 0, woken_here = 0;
  bool more = false, called = false, is_free = false;

  do
#ifdef ONE
  :: rounds < N / M ->
     contend();
     items[0]++;
     if
     :: unlock(); notify(1)
     :: notify(1); unlock()
     fi;
     rounds++
#else
  :: rounds < LOCKS ->
     my_lock = rounds;
     contend();
     items[my_lock]++;
     rounds++;
     if
     :: rounds < LOCKS -> unlock()
     :: rounds == LOCKS -> unlock(); notify(N)
     :: rounds == LOCKS -> notify(N); alive = false; unlock()
     fi
#endif
  :: else -> break
  od;
  finished++
}

init {
  byte i = 0;
  atomic {
    do
    :: i < N -> run Waiter(i); i++
    :: i >= N && i < T -> run Notifier(i); i++
    :: else -> i = 0; break
    od
  };
  /* Everybody ended: nobody was forgotten, and nothing is left behind. */
  d_step {
    finished == T ->
    assert(returned_notified == reported);
    assert(waiting_count == 0 && !has_waiters);
    do
    :: i < LOCKS -> assert(parked_count[i] == 0 && owners[i] == 0 && !(state[i] & L)); i++
    :: else -> i = 0; break
    od;
    do
    :: i < T -> assert(node[i] == GONE); i++
    :: else -> break
    od
  }
}

// SPDX-License-Identifier: MIT
// The protocol of include/parking_lot/raw_once.hpp, for the model checker spin (see run_model.sh).

/*
 * State byte                                          set by            cleared by
 *   D  kDone: the work is done                        complete          (never here)
 *   R  kRunning: a thread is at it                    take              complete, abandon
 *   P  kParked: the queue may be non-empty            prepare_to_park   complete
 * Never: a parked thread that nobody is going to wake; here, a thread that does not end, which spin
 * calls an invalid end state.
 *
 * Functions of the header, and what stands for them here
 *   begin                inline call           is_done; else take; else park, and look again
 *   wait, wait_until     inline wait           is_done; else park, and look again
 *   park                 inline park, sleep    core: the queue, the node and its signal
 *   prepare_to_park      inline validate       under the bucket lock
 *   complete, wake_all   inline complete       done; then wake all, by address
 *   abandon, wake_a_caller  inline abandon     new again; then wake one who calls, by address
 *
 * All accesses to the state are loads and read-modify-writes of one byte, so the order of memory
 * adds nothing to their interleavings. What the work wrote is ordered by [O1] to [O4] of the header,
 * and beyond this model.
 *
 * One atomic step holds at most one access to what threads race for: the state, a node's signal.
 * What is done under the bucket lock is merged with that access. -DFINE does not merge it and must
 * agree.
 *
 * Threads    The first CALLERS call, the others wait; the last of those has a deadline, and may give
 *            up whenever it looks at the clock. An attempt may fail, as by an exception: its thread
 *            leaves if others call still, or calls again; FAILURES times.
 * Lifetime   `life` counts the onces that have lived at the address. One ends as soon as it is done
 *            and no thread is going to look at it: then complete() may still be at the queue. Every
 *            access to the state asserts that it is still in the accessing thread's life. Whoever
 *            touches the node of another thread asserts that it is not GONE.
 * Sizes      -DN=4 threads, -DCALLERS=2, -DFAILURES=2
 * Variants   -DREUSE       the memory then becomes another once, used by the same threads
 * Mutants    #ifdef'd below, listed in CMakeLists.txt: each must be found wrong.
 */

#ifndef N
#define N 4
#endif
#ifndef CALLERS
#define CALLERS 2
#endif
#ifndef FAILURES
#define FAILURES 2
#endif
#ifdef REUSE
#define LIVES 2
#else
#define LIVES 1
#endif

#define D 1
#define R 2
#define P 4

/* A node, and the signal in it. A node leaves the queue once: TAKEN by a waker, or by its owner. */
#define GONE 0 /* its owner has returned: the stack frame may be anything */
#define QUEUED 1
#define TAKEN 2
#define NOTIFIED 3

byte state = 0;
bool bucket_locked = false;
byte queue[N];
byte queued = 0;
byte node[N];

byte life = 1;
byte users = N;         /* threads that may still look at this once */
byte callers = CALLERS; /* of those, the ones that call */
byte failures = 0;
byte running = 0;
bool worked = false;
byte finished = 0;

#define is_caller(who_) (who_ < CALLERS)
#define has_deadline(who_) (who_ == N - 1)
/* A thread that calls must not leave others alone with the work. */
#define may_leave(who_) (!is_caller(who_) || callers > 1)

#ifdef FINE
#define bucket_step /* every statement under the bucket lock is a step of its own */
#else
#define bucket_step atomic
#endif

inline touch_once() { assert(life == my_life) }
inline touch_node(owner_) { assert(node[owner_] != GONE) }
inline lock_bucket() { atomic { !bucket_locked -> bucket_locked = true } }
inline unlock_bucket() { bucket_locked = false }

/* Within an atomic step: this thread does not look at the once any more. */
inline stop_using() {
  users--;
  if
  :: is_caller(me) -> callers--
  :: else
  fi;
  if
  :: users == 0 ->
     life++;
     users = N;
     callers = CALLERS;
     failures = 0;
     worked = false;
     state = 0
  :: else
  fi
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

inline find(who_) {
  place = 0;
  do
  :: place < queued && queue[place] != who_ -> place++
  :: else -> break
  od
}

/* The first in the queue that calls, or none: then place == queued. */
inline find_caller() {
  place = 0;
#ifndef ABANDON_WAKES_FIRST
  do
  :: place < queued && !is_caller(queue[place]) -> place++
  :: else -> break
  od
#endif
}

inline take_at_place() {
  taken[queue[place]] = true;
  assert(node[queue[place]] == QUEUED);
  node[queue[place]] = TAKEN;
  remove_at(place)
}

/* After the bucket lock is released. The notification is the last touch of the node. */
inline notify_taken() {
  i = 0;
  do
  :: i < N ->
     if
     :: taken[i] -> d_step { touch_node(i); node[i] = NOTIFIED; taken[i] = false; i++ }
     :: else -> i++
     fi
  :: else -> i = 0; break
  od
}

/* prepare_to_park */
inline validate() {
  d_step {
    touch_once();
    if
    :: (state & D) || (is_caller(me) && !(state & R)) -> valid = false
    :: else ->
       valid = true;
#ifndef NO_PARKED_BIT
       state = state | P
#endif
    fi
  }
}

inline enqueue() { d_step { queue[queued] = me; queued++; node[me] = QUEUED } }

inline park() {
#ifdef VALIDATE_EARLY
  validate();
  bucket_step {
    lock_bucket();
#else
  bucket_step {
    lock_bucket();
    validate();
#endif
    if
    :: valid -> enqueue()
    :: else
    fi;
    unlock_bucket()
  };
  if
  :: valid -> valid = false; sleep()
  :: else
  fi
}

/* Woken, or past the deadline. A waker that has taken the node wins; it must be waited for. */
inline sleep() {
  if
  :: node[me] == NOTIFIED
  :: has_deadline(me) ->
     bucket_step {
       lock_bucket();
       if
       :: node[me] == QUEUED -> d_step { find(me); remove_at(place); place = 0; node[me] = NOTIFIED }
       :: else
       fi;
       unlock_bucket()
     };
#ifndef LEAVE_WHEN_TAKEN
     node[me] == NOTIFIED
#endif
  fi;
  d_step { node[me] = GONE; woken = true }
}

inline is_done() {
  atomic {
    touch_once();
    if
    :: state & D -> assert(worked); returns = true; stop_using()
    :: else
    fi
  }
}

inline take() {
  atomic {
    touch_once();
    if
#ifdef TRUST_TURN
    :: woken || !(state & (R | D)) ->
#else
    :: !(state & (R | D)) ->
#endif
       assert(running == 0 && !worked);
       running++;
#ifdef BEGIN_DROPS_PARKED
       state = R;
#else
       state = state | R;
#endif
       works = true
    :: else
    fi
  }
}

inline complete() {
#ifdef COMPLETE_LOOKS_FIRST
  d_step { touch_once(); parked = ((state & P) != 0) };
#endif
  atomic {
    touch_once();
#ifndef COMPLETE_LOOKS_FIRST
    parked = ((state & P) != 0);
#endif
    assert(state & R);
    state = D;
    running--;
    worked = true;
    works = false;
    returns = true;
    stop_using()
  };
#ifdef TOUCH_AFTER_COMPLETE
  touch_once();
#endif
  if
  :: parked ->
     parked = false;
     bucket_step {
       lock_bucket();
       place = 0;
       do
       :: queued > 0 ->
          d_step { take_at_place() };
#ifdef COMPLETE_WAKES_ONE
          break
#endif
       :: else -> break
       od;
       unlock_bucket()
     };
     notify_taken()
  :: else
  fi
}

/* The attempt failed, and its thread leaves, or will call again. */
inline abandon(leaves_) {
  atomic {
    touch_once();
    failures++;
    parked = ((state & P) != 0);
    assert(state & R);
#ifdef ABANDON_FORGETS_PARKED
    state = 0;
#else
    state = state & P;
#endif
    running--;
    works = false;
    if
    :: leaves_ && may_leave(me) -> returns = true; stop_using()
    :: else
    fi
  };
#ifdef TOUCH_AFTER_ABANDON
  touch_once();
#endif
  if
  :: parked ->
     parked = false;
#ifndef ABANDON_WAKES_NOBODY
     bucket_step {
       lock_bucket();
       d_step {
         find_caller();
         if
         :: place < queued -> take_at_place()
         :: else
         fi;
         place = 0
       };
       unlock_bucket()
     };
     notify_taken()
#endif
  :: else
  fi
}

inline give_up() {
  atomic { may_leave(me) -> returns = true; stop_using() }
}

/* begin(), and the work. */
inline call() {
  do
  :: returns -> break
#ifdef WOKEN_LEAVES
  :: atomic { woken && !returns && may_leave(me) -> woken = false; returns = true; stop_using() }
#endif
  :: else ->
     is_done();
     if
     :: returns
     :: else ->
        take();
        woken = false;
        if
        :: works -> complete()
        :: works && failures < FAILURES -> abandon(false)
        :: works && failures < FAILURES -> abandon(true)
        :: !works -> park()
        fi
     fi
  od
}

inline wait() {
  do
  :: returns -> break
  :: else ->
#ifdef TRUST_WAKE
     if
     :: woken && !has_deadline(me) -> atomic { assert(worked); returns = true; stop_using() }
     :: else -> is_done()
     fi;
#else
     is_done();
#endif
     if
     :: returns
     :: !returns -> park()
     :: !returns && has_deadline(me) -> give_up()
     fi
  od
}

proctype Thread(byte me) {
  byte my_life = 1, i = 0, place = 0;
  bool taken[N];
  bool returns = false, works = false, valid = false, woken = false, parked = false;
  do
  :: my_life <= LIVES ->
     life == my_life;
     if
     :: is_caller(me) -> call()
     :: else -> wait()
     fi;
     returns = false;
     woken = false;
     my_life++
  :: else -> break
  od;
  finished++
}

init {
  atomic {
    byte t = 0;
    do
    :: t < N -> run Thread(t); t++
    :: else -> break
    od
  };
  finished == N;
  assert(queued == 0 && running == 0)
}

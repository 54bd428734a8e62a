// SPDX-License-Identifier: MIT
// Semaphore's protocol, for the model checker spin (see run_model.sh).

/*
 * What is modelled: include/parking_lot/semaphore.hpp over detail/parked_count.hpp. (Latch is the
 * same but for who is ready, and wakes all, once.)
 *
 * Functions of the headers, and what stands for them here
 *   try_acquire            the first step of inline acquire
 *   wait, prepare_to_park  inline acquire
 *   release, wake          inline release
 *
 * One atomic step holds one access to the word, or to a node's signal. What the bucket's lock
 * guards is merged with that access; release() changes the word without that lock.
 *
 * Each thread takes a permit and gives it back, ROUNDS times. A thread that sleeps for good is an
 * invalid end state to spin. Asserted: no more owners than permits; kParked is set exactly while
 * threads are queued; nobody touches the semaphore once all are done with it but a release() that
 * has not returned.
 *
 * Sizes      -DN=4 threads, -DROUNDS=1, -DPERMITS=1. Thread 0 may give up at any time, once.
 * Variants   -DSIGNAL  threads only take permits; another one gives 1, and then N - 1 at once
 * Mutants    #ifdef'd below, listed in CMakeLists.txt: each must be found wrong.
 */

#ifndef N
#define N 4
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif
#ifndef PERMITS
#define PERMITS 1
#endif
#ifdef SIGNAL
#undef PERMITS
#define PERMITS N
#endif

#define GONE 0
#define PARKED 1
#define TAKEN 2
#define NOTIFIED 3

#ifdef SIGNAL
byte count = 0;
#else
byte count = PERMITS;
#endif
bool parked = false; /* kParked */
byte queue[N];
byte queued = 0;
byte node[N];
byte owners = 0; /* permits that threads have */
byte leaving = 0; /* threads that will not call any function again */
bool alive = true;

inline touch() { assert(alive) }
inline consistent() { assert(parked == (queued > 0)) }

inline push(at_front) {
  i = queued;
  do
  :: at_front && i > 0 -> queue[i] = queue[i - 1]; i--
  :: else -> break
  od;
  queue[i] = me;
  queued++;
  i = 0;
  node[me] = PARKED
}

inline remove(who) {
  i = 0;
  do
  :: queue[i] != who -> i++
  :: else -> break
  od;
  do
  :: i + 1 < queued -> queue[i] = queue[i + 1]; i++
  :: else -> break
  od;
  i = 0;
  queued--;
  queue[queued] = 0
}

inline wake_up() { d_step { node[me] = GONE; woken = true } }

/* Ends with `got` or `gave_up`. */
inline acquire() {
  woken = false;
  do
  :: got || gave_up -> break
  :: else ->
     d_step { /* try_acquire */
       touch();
       if
       :: count > 0 -> count--; owners++; assert(owners <= PERMITS); got = true
       :: else
       fi
     };
     if
     :: got
     :: !got && me == 0 && !has_given_up -> gave_up = true
     :: !got ->
        d_step { /* prepare_to_park */
          touch();
          if
          :: count > 0
          :: else ->
#ifndef NO_PARKED
             parked = true;
#endif
             push(woken);
#ifndef NO_PARKED
             consistent()
#endif
          fi
        };
        if
        :: node[me] == GONE
        :: node[me] == NOTIFIED -> wake_up()
        :: node[me] != GONE && me == 0 && !has_given_up ->
           d_step {
             if
             :: node[me] == PARKED ->
                touch();
                remove(me);
                node[me] = GONE;
                has_given_up = true;
#ifndef LEAVE_PARKED
                if :: queued == 0 -> parked = false :: else fi;
#endif
                consistent();
                /* the last attempt */
                if
                :: count > 0 -> count--; owners++; assert(owners <= PERMITS); got = true
                :: else -> gave_up = true
                fi
             :: else /* a waker has taken the node; it must be waited for */
             fi
           };
           if
           :: node[me] == GONE
           :: node[me] == NOTIFIED -> wake_up()
           fi
        fi
     fi
  od;
  has_given_up = has_given_up || gave_up
}

inline release(permits) {
  d_step {
    touch();
    count = count + permits;
#ifndef SIGNAL
    owners = owners - permits;
    rounds++;
    if
    :: rounds == ROUNDS -> leaving++; alive = (leaving < N)
    :: else
    fi;
#endif
    must_wake = parked
  };
  if
  :: must_wake ->
     d_step { /* wake */
       must_wake = false;
#ifdef CLEAR_UNSEEN
       touch();
#endif
#ifdef WAKE_ONE
       to_wake = (queued > 0 -> 1 : 0);
#else
       to_wake = (queued < permits -> queued : permits);
#endif
       taken = 0;
       do
       :: taken < to_wake ->
          list[taken] = queue[0];
          node[queue[0]] = TAKEN;
          remove(queue[0]);
          taken++
       :: else -> break
       od;
       if
       :: taken > 0 ->
          touch();
#ifdef CLEAR_ALWAYS
          parked = false
#else
          if :: queued == 0 -> parked = false :: else fi;
          consistent()
#endif
       :: else
       fi
     };
     do
     :: taken > 0 ->
        d_step {
          taken--;
          assert(node[list[taken]] == TAKEN);
          node[list[taken]] = NOTIFIED;
          list[taken] = 0
        }
     :: else -> to_wake = 0; break
     od
  :: else
  fi
}

proctype Thread(byte me) {
  byte i = 0, rounds = 0, taken = 0, to_wake = 0;
  byte list[N];
  bool got = false, gave_up = false, has_given_up = false, woken = false, must_wake = false;

  do
  :: rounds < ROUNDS ->
     acquire();
     if
     :: got ->
        got = false;
#ifdef SIGNAL
        d_step { rounds++; leaving++; alive = (leaving < N) }
#else
        release(1)
#endif
     :: else -> gave_up = false
     fi
  :: else -> break
  od
}

#ifdef SIGNAL
proctype Giver() {
  byte i = 0, taken = 0, to_wake = 0;
  byte list[N];
  bool must_wake = false;

  release(1);
  release(N - 1)
}
#endif

init {
  byte i = 0;
  atomic {
    do
    :: i < N -> run Thread(i); i++
    :: else -> break
    od;
#ifdef SIGNAL
    run Giver()
#endif
  }
}

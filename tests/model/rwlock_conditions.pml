// SPDX-License-Identifier: MIT
// Waits for predicates with an RwLock, in each mode, for the model checker spin (see run_model.sh).

/*
 * What is modelled: which predicates of detail/conditions.hpp are asked, by whom, and who is moved,
 * when the lock is an RwLock. conditions.pml has the rest, and raw_rwlock.pml the lock itself, which
 * here is a writer, an upgradable reader and a number of readers: who wants it, or was moved to its
 * queue, enters when it may.
 *   ring   changed under the bucket lock, by a thread that holds the lock in some mode; walked
 *          without the bucket lock by a writer beside whom nobody holds the lock
 *
 * Waiter i wants to see stage i or a later one; if it is a writer, it waits for exactly stage i, and
 * begins the next one. A waiter that is forgotten is an invalid end state to spin. Asserted: the ring
 * does not change while another thread walks it; who walks it is alone.
 *
 * Sizes      -DMODE0= to -DMODE2=: R, W or U, of three waiters. Waiter 0 may give up one wait.
 * Variants   each way for the first writer to leave is tried: unlock, downgrade, downgrade to upgradable
 *            -DTOGETHER    all but writers want to see the last stage
 *            -DGIVES_BACK  an upgradable reader claims the lock, and gives up before the readers left
 *            -DBESIDE      all but writers want to see the first stage; who leaves for upgradable
 *                          reading keeps the lock until those whose predicates hold have left the ring
 * Mutants    #ifdef'd below, listed in CMakeLists.txt: each must be found wrong.
 */

#define R 1
#define U 2
#define W 3
#ifndef MODE0
#define MODE0 R
#endif
#ifndef MODE1
#define MODE1 W
#endif
#ifndef MODE2
#define MODE2 R
#endif
#define N 3
#ifdef GIVES_BACK
#define LAST (N + 2)
#else
#define LAST (N + 1)
#endif
#define NOBODY 255

#define mode_of(i_) (i_ == 0 -> MODE0 : (i_ == 1 -> MODE1 : MODE2))
#define has_deadline(me) (me == 0)
#ifdef TOGETHER
#define says_yes(i_) (mode_of(i_) == W -> stage == i_ + 1 : stage >= N)
#elif defined(BESIDE)
#define says_yes(i_) (mode_of(i_) == W -> stage == i_ + 1 : stage > 0)
#else
#define says_yes(i_) (mode_of(i_) == W -> stage == i_ + 1 : stage > i_)
#endif

bool writer = false; /* owns the lock, or has claimed it beside readers */
bool upgradable = false;
byte readers = 0;
bool awaited = false;

byte ring[N];
byte in_ring = 0;
byte walker = NOBODY;
bool waiting[N]; /* in the ring */
bool moved[N];   /* to the lock's queue */
bool gave_up[N];

byte stage = 0;
byte finished = 0;

#define free_for(mode_) ((mode_ == R && !writer) || (mode_ == U && !writer && !upgradable) || \
                         (mode_ == W && !writer && !upgradable && readers == 0))

inline enter(mode_) {
  atomic {
    free_for(mode_);
    if
    :: mode_ == R -> readers++
    :: mode_ == U -> upgradable = true
    :: mode_ == W -> writer = true
    fi
  }
}

inline change_ring() {
  assert(walker == NOBODY || walker == me);
  assert(writer || upgradable || readers > 0)
}

inline remove(who_) {
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
  waiting[who_] = false;
  awaited = (in_ring > 0)
}

#define must_go(i_) (waiting[i_] && mode_of(i_) == R && says_yes(i_))

/* For one who goes on to `kept_`: beside an upgradable reader, readers pass writers. */
inline evaluate(kept_) {
  atomic { walker = me; place = 0; stop = false };
  do
  :: place < in_ring && !stop ->
     d_step {
       assert(writer && readers == 0 && !upgradable);
       first = ring[place];
       yes = says_yes(first) && !(asks_again && mode_of(first) == W)
     };
     if
     :: yes ->
        atomic {
          if
          :: gave_up[first] -> place++
          :: else ->
             remove(first);
             moved[first] = true;
#ifdef STOP_AT_READERS
             stop = true
#else
             asks_again = asks_again || mode_of(first) == W;
#ifdef READERS_BEHIND_A_WRITER
             stop = asks_again
#else
             stop = (asks_again && kept_ != U)
#endif
#endif
          fi
        }
     :: else -> place++
     fi
  :: else -> break
  od;
  atomic { walker = NOBODY; place = 0; first = 0; yes = false; stop = false; asks_again = false }
}

/* From writing alone to `kept_`, or nothing. */
inline leave_exclusive(kept_) {
  if
  :: awaited -> evaluate(kept_)
  :: else
  fi;
  atomic { writer = false; readers = readers + (kept_ == R -> 1 : 0); upgradable = (kept_ == U) }
}

inline leave(mode_) {
  if
  :: mode_ == R -> readers--
  :: mode_ == U -> upgradable = false
  :: mode_ == W -> leave_exclusive(0)
  fi
}

inline let_go(mode_) {
  if
  :: mode_ == R -> readers--
  :: mode_ == U -> upgradable = false
  :: mode_ == W -> writer = false
  fi
}

inline await() {
  do
  :: says_yes(me) || expired -> break
  :: else ->
     if
     :: mode_of(me) == W && awaited -> evaluate(0)
     :: else
     fi;
     atomic {
       change_ring();
       ring[in_ring] = me;
       in_ring++;
       waiting[me] = true;
       awaited = true
     };
     let_go(mode_of(me));
     if
     :: moved[me]
     :: has_deadline(me) && !forced ->
        atomic {
          forced = true;
          expired = true;
          gave_up[me] = waiting[me]
#ifdef REMOVE_UNLOCKED
          ; if :: waiting[me] -> remove(me) :: else fi
#endif
        }
     fi;
     if
     :: gave_up[me] || !expired
     :: !gave_up[me] && expired && moved[me] /* it was moved before it gave up */
     fi;
     enter(mode_of(me));
     atomic {
       if
       :: waiting[me] -> remove(me)
       :: else
       fi;
       moved[me] = false;
       gave_up[me] = false
     }
  od
}

proctype Waiter(byte me) {
  byte i = 0, place = 0, first = 0;
  bool yes = false, stop = false, asks_again = false, forced = false, expired = false;

  enter(mode_of(me));
  await();
  if
  :: expired && !says_yes(me) ->
     expired = false;
     leave(mode_of(me));
     enter(mode_of(me));
     await()
  :: else
  fi;
  assert(says_yes(me));
  if
  :: mode_of(me) == W -> stage++
  :: else
  fi;
  leave(mode_of(me));
  finished++
}

proctype Writer(byte me) {
  byte i = 0, place = 0, first = 0;
  bool yes = false, stop = false, asks_again = false;
  byte steps = 0;

  do
  :: steps < N && steps > 0 && mode_of(steps - 1) == W -> steps++ /* a waiter begins this stage */
  :: steps < N && (steps == 0 || mode_of(steps - 1) != W) ->
     stage == steps;
     enter(W);
     stage++;
     steps++;
     if
     :: true -> leave_exclusive(0)
#ifdef DOWNGRADE_SILENTLY
     :: true -> atomic { writer = false; readers++ }; readers--
#else
     :: true -> leave_exclusive(R); readers--
     :: true ->
        leave_exclusive(U);
#ifdef BESIDE
        !must_go(0) && !must_go(1) && !must_go(2);
#endif
        upgradable = false
#endif
     fi
  :: steps == N -> break
  od;
  finished++
}

proctype GivesBack(byte me) {
  byte i = 0, place = 0, first = 0;
  bool yes = false, stop = false, asks_again = false;

  enter(U);
  if
  :: readers > 0 ->
     atomic { upgradable = false; writer = true };
#ifdef EVALUATE_WITHOUT_LOCK
     if :: awaited -> evaluate(0) :: else fi;
#endif
     atomic { writer = false; upgradable = true }
  :: else
  fi;
  upgradable = false;
  finished++
}

init {
  atomic {
    run Waiter(0);
    run Waiter(1);
    run Waiter(2);
    run Writer(N);
#ifdef GIVES_BACK
    run GivesBack(N + 1)
#endif
  };
  d_step {
    finished == LAST -> assert(!writer && !upgradable && readers == 0 && in_ring == 0 && !awaited)
  }
}

/*
 * How a cluster over an object store commits, and how it takes over from a broker that may be dead, or only slow.
 *
 * One broker life (a session, R) writes objects 0, 1, 2, ... under numbered names, each by *create if absent*. Brokers
 * may suspect it at any moment, with or without a reason, and take over. A cluster log, numbered and by create if
 * absent too, orders what all of them decide. The store keeps one promise: of all who create a name, one is first.
 * Everything else may happen: answers are lost, requests come late and twice, and whoever acts may stop anywhere, for
 * any time or for ever. No clock takes part.
 *
 * Small numbers stand for large ones. -DMISTAKE_... plants one mistake of the design; spin must then find a run that
 * breaks a promise. README.md says how to run it, and what it leaves out.
 */

#ifndef WRITES
#define WRITES 3          /* how many objects the session writes at most */
#endif
#ifndef IN_FLIGHT
#define IN_FLIGHT 2       /* PUTs that may be under way at once */
#endif
#ifndef JUMP
#define JUMP 2            /* how far above its start a take-over sets the first fence */
#endif
#ifndef TAKERS
#define TAKERS 2          /* brokers that take over, at the same time or one after another */
#endif
#define NUMBERS (WRITES + JUMP + 1)
#define NONE 255

/* What stands under each name of the session. A name that is deleted is empty again, and can be created again. */
#define EMPTY 0
#define OURS 1            /* an object of R, which bears R's nonce */
#define FENCE 2
byte slot[NUMBERS];
byte carried[NUMBERS];    /* which records R put into it */

/* What R knows of each of its objects. */
#define UNSENT 0
#define WAITING 1         /* a PUT is under way */
#define UNKNOWN 2         /* no answer, or one that says that the name is taken */
#define STORED 3
byte known[WRITES];
byte copies[WRITES];      /* requests under way, late and doubled ones too */
byte carries[WRITES];     /* which records R wants to have there */
byte next = 0;            /* R's next number */
byte records = 0;         /* R's next records */
byte acked = 0;           /* R has acknowledged every object below it */
byte released = NONE;     /* the object that gives R's partition away */
bool isDeposed = false;   /* R knows that it is over */

/*
 * What the cluster log says so far. Its entries are numbered and created if absent, so whoever appends one has read all
 * before it, or fails and reads on: to judge by the whole log and to append are one step.
 */
bool isSuspected = false; /* entry suspected(R) */
byte horizon = 0;         /* entries collected(R, n): objects below the highest n may be deleted */
byte end = NONE;          /* entry ended(R, n): R ends below n, and what it led has other leaders, who have read up to n */
byte readTo = NONE;       /* R's partition has another leader, who has read the objects below this number */

#ifdef MISTAKE_APPENDS_BLINDLY
#define HAS_READ(fact) true
#else
#define HAS_READ(fact) (fact)
#endif

/* The promises, looked at wherever one could begin to be broken. */
inline keepPromises() {
  /* Whoever comes after R reads all that R has acknowledged. */
  assert(end == NONE || acked <= end);
  /* A partition has one leader at a time: R acknowledges nothing that the next one has not read. */
  assert(readTo == NONE || acked <= readTo);
}

/* What the successors read: every object up to the end, each with records of its own. */
inline readPrefix() {
  at = horizon;
  do
  :: at < end ->
    assert(slot[at] == OURS);
    assert(at == horizon || carried[at] > carried[at - 1]);
    at++
  :: else -> break
  od;
  at = 0
}

/* R's requests meet the store. The answer is news only to an R that still waits for it, and may not come at all. */
#ifdef MISTAKE_OVERWRITES
#define IS_FREE(n) true
#else
#define IS_FREE(n) (slot[n] == EMPTY)
#endif
#define NETWORK(n) \
  :: d_step { copies[n] > 0 && IS_FREE(n) -> \
      copies[n]--; slot[n] = OURS; carried[n] = carries[n]; known[n] = (known[n] == WAITING -> STORED : known[n]) } \
  :: d_step { copies[n] > 0 && IS_FREE(n) -> \
      copies[n]--; slot[n] = OURS; carried[n] = carries[n]; known[n] = (known[n] == WAITING -> UNKNOWN : known[n]) } \
  :: d_step { copies[n] > 0 && !IS_FREE(n) -> \
      copies[n]--; known[n] = (known[n] == WAITING -> UNKNOWN : known[n]) } \
  /* It is doubled, or late: R gives up waiting. Lost is as good as late. */ \
  :: d_step { copies[n] == 1 && known[n] == WAITING -> copies[n] = 2 } \
  :: d_step { known[n] == WAITING -> known[n] = UNKNOWN }

active proctype Store() {
endStore:
  do
  NETWORK(0)
  NETWORK(1)
  NETWORK(2)
  od
}

/* No answer, or "taken": R looks whose object stands there. */
#if defined(MISTAKE_TAKEN_IS_STORED)
#define LOOK(n) \
  :: d_step { !isDeposed && known[n] == UNKNOWN && slot[n] != EMPTY -> known[n] = STORED }
#elif defined(MISTAKE_TAKEN_IS_LOST)
#define LOOK(n) \
  :: d_step { !isDeposed && known[n] == UNKNOWN && slot[n] == OURS && next < WRITES && released == NONE -> \
      known[n] = STORED; carries[next] = carries[n]; known[next] = WAITING; copies[next] = 1; next++ }
#else
#define LOOK(n) \
  :: d_step { !isDeposed && known[n] == UNKNOWN && slot[n] == OURS -> known[n] = STORED } \
  :: d_step { !isDeposed && known[n] == UNKNOWN && slot[n] == FENCE -> isDeposed = true }
#endif
#define LOOK_OR_REPEAT(n) \
  LOOK(n) \
  :: d_step { !isDeposed && known[n] == UNKNOWN && slot[n] == EMPTY && copies[n] < 2 -> \
      copies[n]++; known[n] = WAITING }

#define MAY_WRITE (!isDeposed && next < WRITES && next < acked + IN_FLIGHT)
#ifdef MISTAKE_WRITES_AFTER_RELEASE
#define HOLDS_PARTITION true
#else
#define HOLDS_PARTITION (released == NONE)
#endif
#ifdef MISTAKE_COLLECTS_WHILE_SUSPECTED
#define MAY_COLLECT (end == NONE)
#else
#define MAY_COLLECT (!isSuspected)
#endif

/* R gives numbers, hears answers or none, and acknowledges in order. It may stand still anywhere. */
active proctype Session() {
endSession:
  do
  :: d_step { MAY_WRITE && HOLDS_PARTITION ->
      carries[next] = records; records++; known[next] = WAITING; copies[next] = 1; next++ }
  /* The partition is to move. The release is an object as others are, and the last one with that partition. */
  :: d_step { MAY_WRITE && released == NONE ->
      released = next; carries[next] = records; records++; known[next] = WAITING; copies[next] = 1; next++ }
  LOOK_OR_REPEAT(0)
  LOOK_OR_REPEAT(1)
  LOOK_OR_REPEAT(2)
  :: d_step { !isDeposed && acked < next && known[acked] == STORED -> acked++; keepPromises() }
#ifdef MISTAKE_ACKS_OUT_OF_ORDER
  :: d_step { !isDeposed && acked + 1 < next && known[acked + 1] == STORED -> acked = acked + 2; keepPromises() }
#endif
  /* It reads the cluster log, or has not come to it yet. */
  :: d_step { !isDeposed && isSuspected -> isDeposed = true }
  /* It lets what it has acknowledged be deleted. */
  :: d_step { !isDeposed && acked > horizon && HAS_READ(MAY_COLLECT) -> horizon = acked }
  /* The release counts: the log names the next leader. */
  :: d_step { !isDeposed && released != NONE && acked > released && HAS_READ(!isSuspected && readTo == NONE) ->
      assert(readTo == NONE); readTo = released + 1; keepPromises() }
  od
}

/* Which of the numbers from the start up to the first fence are done, a bit for each. */
#define IS_DONE(k) (fenced & (1 << (k)))
#ifdef MISTAKE_LOOKS_WITHOUT_FENCING
#define MAKE_FENCE(n) lowest = (slot[n] != OURS && n < lowest -> n : lowest)
#else
#define MAKE_FENCE(n) \
  slot[n] = (slot[n] == EMPTY -> FENCE : slot[n]); lowest = (slot[n] == FENCE && n < lowest -> n : lowest)
#endif
#define FENCE_AT(k) \
  :: d_step { start + k < top && !IS_DONE(k) -> fenced = fenced | (1 << (k)); MAKE_FENCE(start + k) }

/* A broker takes over. It may stop anywhere, and another one goes on from there. */
active [TAKERS] proctype Taker() {
  byte start = 0;
  byte top = 0;
  byte fenced = 0;
  byte lowest = NONE;
  byte at = 0;

  /* First it says so in the log, unless somebody has. */
  isSuspected = true;

  /* It may have heard how far R has acknowledged, or have seen an object of R's: fewer fences then. */
endStart:
  if
#ifdef MISTAKE_STARTS_BELOW_THE_HORIZON
  :: true
#endif
  :: start = horizon
  :: start = (acked > horizon -> acked : horizon)
  :: slot[WRITES - 1] == OURS ->
    start = (WRITES > horizon + IN_FLIGHT -> WRITES - IN_FLIGHT : horizon)
#ifdef MISTAKE_STARTS_FROM_A_FENCE
  :: slot[JUMP] == FENCE -> start = (JUMP + 1 > horizon + IN_FLIGHT -> JUMP + 1 - IN_FLIGHT : horizon)
#endif
  fi;

  /* A fence ahead of R, as far up as it takes. */
  top = start + JUMP;
  do
  :: d_step { slot[top] == EMPTY -> slot[top] = FENCE }
  :: slot[top] == FENCE -> break
  :: d_step { slot[top] == OURS -> top = top + JUMP }
  od;

  /* Then one at each number up to it, in any order: each meets an object, or becomes a fence. */
  lowest = top;
endFences:
  do
  FENCE_AT(0)
  FENCE_AT(1)
  FENCE_AT(2)
  FENCE_AT(3)
  FENCE_AT(4)
  :: fenced == (1 << (top - start)) - 1 -> break
  od;

  /* The lowest fence is R's end, and the log says so once. */
  if
  :: HAS_READ(end == NONE) -> d_step {
      HAS_READ(end == NONE) ->
      assert(end == NONE);
      end = lowest;
#ifdef MISTAKE_RELEASE_TAKEN_TWICE
      assert(readTo == NONE);
#endif
      readTo = (readTo == NONE -> end : readTo);
      keepPromises();
      readPrefix()
    }
  :: end != NONE
  fi;
  start = 0; top = 0; fenced = 0; lowest = NONE;

  /* The successors have read it all, and let it be deleted. */
endTaker:
  horizon = (end > horizon -> end : horizon)
}

/* Deletes what the log lets it delete, whenever it comes to it, and fences that mark nothing. */
#ifdef MISTAKE_DELETES_BEFORE_THE_LOG
#define IS_GARBAGE(n) (n < acked)
#else
#define IS_GARBAGE(n) (n < horizon)
#endif
#ifdef MISTAKE_LOWEST_FENCE_DELETED
#define MARKS_NOTHING(n) (end != NONE && n >= end)
#else
#define MARKS_NOTHING(n) (end != NONE && n > end)
#endif
#define COLLECT(n) \
  :: d_step { IS_GARBAGE(n) && slot[n] == OURS -> slot[n] = EMPTY; carried[n] = 0 } \
  :: d_step { MARKS_NOTHING(n) && slot[n] == FENCE -> slot[n] = EMPTY }

active proctype Collector() {
endCollector:
  do
  COLLECT(0)
  COLLECT(1)
  COLLECT(2)
  COLLECT(3)
  COLLECT(4)
  COLLECT(5)
  od
}

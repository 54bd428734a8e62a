# SPDX-License-Identifier: MIT
# gdb commands and pretty-printers for parking_lot; works on a live process and on a core file.
"""In gdb:

    source <prefix>/share/parking_lot/parking_lot_gdb.py
    parking-lot waiters    which threads are parked, at what, for how long, and where in the code
    parking-lot held       the locks that threads wait for, their state, who holds them; deadlocks
    print my_mutex         state and data of any lock, once, cell or guard

Needs the debug information of one file that uses the library: -g, also with -O2; -g1 has no types.
"""

import re
import time

import gdb
import gdb.printing

NAMESPACE = r"parking_lot::v\w+::"
OF_LIBRARY = NAMESPACE + r"|_ZN[KR]*11parking_lot"  # gdb 13 cannot demangle Clang's constraints


def fields_of(class_type):
    """The members that an object has: not the static ones."""
    return [f for f in class_type.strip_typedefs().fields() if hasattr(f, "bitpos")]


def scalar(value):
    """The number or pointer in a value of class type: of std::atomic, std::chrono::time_point, ..."""
    while value.type.strip_typedefs().code == gdb.TYPE_CODE_STRUCT:
        value = value[fields_of(value.type)[0]]
    return value


def namespace_of(class_type):
    return class_type.strip_typedefs().name.rsplit("::", 1)[0]


def number(value):
    return int(scalar(value))


def flags(state, names):
    """The set bits of `state` by name, and what remains as a number."""
    words = [name for bit, name in names if state & bit]
    rest = state & ~sum(bit for bit, _ in names)
    return ", ".join(words + ([hex(rest)] if rest else []))


# The bits are those of detail/mutex_core.hpp, detail/rwlock_state.hpp and raw_once.hpp.


def mutex_state(state):
    held = "locked" if state & 1 else "free"
    names = [(2, "threads may wait"), (4, "hot"), (8, "waiters' turn"), (16, "awaited")]
    rest = flags(state & ~1, names)
    return held + (", " + rest if rest else "")


def rwlock_state(state):
    readers = (state >> 6) & ((1 << 24) - 1)
    held = []
    if state & 1:
        held.append("claimed by a writer" if readers else "written")
    if state & 2:
        held.append("read upgradably")
    if readers:
        held.append("1 reader" if readers == 1 else f"{readers} readers")
    names = [
        (4, "threads may wait"),
        (8, "hot"),
        (16, "waiters' turn"),
        (1 << 30, "awaited"),
        (1 << 31, "writer sleeps"),
    ]
    rest = flags(state & (4 | 8 | 16 | 32 | 3 << 30), names)
    return ", ".join((held or ["free"]) + ([rest] if rest else []))


def once_state(state):
    if state & 1:
        return "done"
    return ("in progress" if state & 2 else "new") + (", threads may wait" if state & 4 else "")


STATES = {
    "ByteMutex": (1, mutex_state),
    "WordMutex": (4, mutex_state),
    "RwLock": (4, rwlock_state),
    "RwLockDrain": (4, rwlock_state),
    "Once": (1, once_state),
}

MODES = {1: "RwLock, to write", 2: "RwLock, to read upgradably", 64: "RwLock, to read"}


def description_of(kind, token):
    """As dump_parked.hpp has it."""
    if kind == "RwLock":
        return MODES.get(token, "RwLock")
    return {
        "ByteMutex": "mutex",
        "WordMutex": "mutex",
        "RwLockDrain": "RwLock, to write: for its readers",
        "Condition": "its condition (lock_when, await)",
        "User": "core::park",
    }.get(kind, kind)


# The process.


def read_number(address, size):
    memory = gdb.selected_inferior().read_memory(address, size)
    big = "big" in gdb.execute("show endian", to_string=True)
    return int.from_bytes(bytes(memory), "big" if big else "little")


def symbol_at(address):
    """' <name>' of the variable of static storage at an address, or nothing."""
    text = gdb.execute(f"info symbol {address}", to_string=True)
    found = re.match(r"(.*) in section ", text)
    return f" <{found[1]}>" if found else ""


class Thread:
    """A thread of the process, and what its stack tells."""

    def __init__(self, thread):
        self.thread = thread
        self.number = thread.num
        lwp = thread.ptid[1] or thread.ptid[2]
        self.text = f"{thread.num} (LWP {lwp})"
        try:
            self.handle = int.from_bytes(thread.handle(), "little")
        except (gdb.error, RuntimeError, NotImplementedError):
            self.handle = None  # without libthread_db

    def frames(self):
        self.thread.switch()
        frame = gdb.newest_frame()
        while frame is not None:
            yield frame
            try:
                frame = frame.older()
            except gdb.error:
                return

    def user_code(self):
        """'function (file:line)' of the code that called the library."""
        in_library = False
        for frame in self.frames():
            name = frame.name() or "?"
            if re.match(OF_LIBRARY, name):
                in_library = True
            elif in_library and not name.startswith("std::"):
                sal = frame.find_sal()
                file = sal.symtab.filename.rsplit("/", 1)[-1] if sal.symtab else "?"
                return f"{name} ({file}:{sal.line})"
        return "?"

    def reentrant_lock(self):
        """The type of the ReentrantMutex that the thread is locking, or None."""
        for frame in self.frames():
            found = re.match(f"({NAMESPACE}BasicRawReentrantMutex<.*>)::", frame.name() or "")
            if found:
                return gdb.lookup_type(found[1])
        return None

    def locks_again(self):
        """Whether it waits for a lock that its guard gave up for a while, by wait() for instance."""
        classes = r"(detail::ParkingCondvar|Guard<.*>|BasicRaw\w+<.*>)"
        gave_up = rf"{NAMESPACE}{classes}::(wait|unlocked|unlocked_fair|bump\w*)\b"
        return any(re.match(gave_up, frame.name() or "") for frame in self.frames())

    def guarded(self):
        """(address of the raw lock, function) for each guard in its frames that holds a lock."""
        for frame in self.frames():
            for value in variables_of(frame):
                address = lock_of_guard(value)
                if address:
                    yield address, frame.name()


def variables_of(frame):
    try:
        block = frame.block()
    except RuntimeError:
        return  # no debug information
    while block is not None:
        for symbol in block:
            if symbol.is_variable or symbol.is_argument:
                try:
                    value = symbol.value(frame)
                    if value.type.code in (gdb.TYPE_CODE_REF, gdb.TYPE_CODE_RVALUE_REF):
                        value = value.referenced_value()
                    yield value
                except gdb.error:
                    pass  # optimized out
        if block.function is not None:
            return
        block = block.superblock


def is_a(value, name):
    return re.match(f"{NAMESPACE}{name}<", (value.type.strip_typedefs().name or ""))


def pointer_in(lock_pointer):
    """The plain pointer in a guard's pointer: that itself, or the one in a std::shared_ptr."""
    if lock_pointer.type.strip_typedefs().code == gdb.TYPE_CODE_PTR:
        return lock_pointer
    for name in ("_M_ptr", "__ptr_"):
        try:
            return lock_pointer[name]
        except gdb.error:
            pass
    return scalar(lock_pointer)


def address_of_lock(lock):
    """Where threads park that wait for a lock: at the innermost raw lock in it."""
    while any(field.name == "raw_" for field in fields_of(lock.type)):
        lock = lock["raw_"]
    return int(lock.address)


def lock_of_guard(value):
    """The address of the raw lock that a guard holds; None if it is no guard, empty or unknown."""
    if not is_a(value, "Guard"):
        return None
    try:
        pointer = pointer_in(value["lock_"])
        return address_of_lock(pointer.dereference()) if int(pointer) else None
    except gdb.error:
        return None


class Waiter:
    """The node of a parked thread."""

    def __init__(self, node, threads):
        self.lock = int(node["key"]["address"])
        self.kind = str(node["key"]["kind"]).rsplit("::", 1)[-1]
        self.what = description_of(self.kind, int(node["park_token"]["value"]))
        self.since = number(node["parked_since"])
        handle = int(node["thread"])
        self.thread = threads.get(handle)
        self.thread_text = self.thread.text if self.thread else hex(handle)
        self.released = range(0)  # where the lock lies that its guard does not hold just now
        if self.kind == "Condvar":
            namespace = namespace_of(node.type)
            condvar_waiter = gdb.lookup_type(namespace + "::CondvarWaiter").pointer()
            released = int(node.address.cast(condvar_waiter)["lock"])
            self.released = range(released, released + 17)  # the raw lock of a reentrant one, too
        elif self.kind == "Condition":
            self.released = range(self.lock, self.lock + 17)


def module_record():
    try:
        record = gdb.parse_and_eval("parking_lot_module_record")
        if record.type.code == gdb.TYPE_CODE_STRUCT:
            return record
    except gdb.error as error:
        raise gdb.GdbError("This program does not use parking_lot, or is stripped.") from error
    raise gdb.GdbError("parking_lot: no debug information; compile a file that uses it with -g.")


class Process:
    """What the parking table of the process holds."""

    def __init__(self):
        self.record = module_record()
        self.checked = re.search(r"::v\d+_.1", self.record.type.name) is not None
        self.threads = [Thread(t) for t in gdb.selected_inferior().threads()]
        self.by_handle = {thread.handle: thread for thread in self.threads}
        self.waiters = sorted(self.find_waiters(), key=lambda waiter: waiter.since)
        connection = getattr(gdb.selected_inferior(), "connection", None)
        self.is_live = connection is not None and connection.type == "native"
        if self.is_live:
            self.now = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        else:
            self.now = max((waiter.since for waiter in self.waiters), default=0)

    def find_waiters(self):
        table = scalar(self.record["table"])
        if not int(table):
            return
        namespace = namespace_of(table.type.strip_typedefs().target())
        waiter = gdb.lookup_type(namespace + "::Waiter").pointer()
        for first in self.heads(table.dereference()):
            head = gdb.Value(first).cast(waiter)
            while int(head):
                node = head
                while True:
                    yield Waiter(node.dereference(), self.by_handle)
                    node = node["next"]
                    if node["is_head"]:
                        break
                head = head["next_head"]

    @staticmethod
    def heads(table):
        """The first waiter of each bucket that has one. Reads only what was ever used."""
        buckets = table["buckets"]
        bucket_type = gdb.lookup_type(namespace_of(table.type) + "::Bucket")
        offset = int(gdb.Value(0).cast(bucket_type.pointer())["queues"]["first_"].address)
        pointer_size = gdb.lookup_type("char").pointer().sizeof
        used = bytes(gdb.selected_inferior().read_memory(*extent(table["page_used"])))
        start, size = extent(buckets)
        page_size = size // len(used)
        for page in (start + i * page_size for i, is_used in enumerate(used) if is_used):
            memory = bytes(gdb.selected_inferior().read_memory(page, page_size))
            for i in range(offset, page_size, bucket_type.sizeof):
                if any(memory[i : i + pointer_size]):
                    yield read_number(page + i, pointer_size)

    def duration_of(self, waiter):
        return f"{(self.now - waiter.since) / 1e9:.3f} s"


def extent(value):
    return int(value.address), value.type.sizeof


# The owners.


def checked_owner(waiter, word_size):
    """In checked builds: the owner that is noted behind the word; 0 if there is none."""
    size = gdb.lookup_type("char").pointer().sizeof
    return read_number(waiter.lock + max(word_size, size), size)


def reentrant_owner(waiter):
    """The owner noted in a ReentrantMutex, whose raw lock the thread waits for; else 0."""
    lock = waiter.thread and waiter.thread.reentrant_lock()
    if not lock:
        return 0
    offset = {field.name: field.bitpos // 8 for field in fields_of(lock)}
    at = gdb.Value(waiter.lock - offset["raw_"]).cast(lock.pointer())
    return number(at["owner_"])


class Owners:
    """Who holds the locks that threads wait for, as far as anything tells."""

    def __init__(self, process):
        self.process = process
        self.guards = {}
        for thread in process.threads:
            for address, function in thread.guarded():
                self.guards.setdefault(address, {}).setdefault(thread, function)
        for waiter in process.waiters:
            for address in waiter.released:
                self.guards.get(address, {}).pop(waiter.thread, None)

    def of(self, waiter):
        """{thread: how it is known} of the lock that `waiter` waits for."""
        owners = {t: f"guard in {f}" for t, f in self.guards.get(waiter.lock, {}).items()}
        noted = reentrant_owner(waiter) if waiter.kind.endswith("Mutex") else 0
        if not noted and self.process.checked:
            noted = checked_owner(waiter, STATES[waiter.kind][0])
        if noted in self.process.by_handle:
            owners[self.process.by_handle[noted]] = "noted in the lock"
        if waiter.thread and waiter.thread.locks_again():
            owners.pop(waiter.thread, None)
        return owners


def cycles(waits):
    """The deadlocks among {thread: [(lock, owner)]}, as lists of (thread, lock)."""
    found = []
    for start in sorted(waits, key=lambda thread: thread.number):
        paths = [[(start, lock, owner)] for lock, owner in waits[start]]
        seen = {start}
        while paths:
            path = paths.pop()
            owner = path[-1][2]
            if owner is start:
                found.append(path)
                break
            if owner not in seen:
                seen.add(owner)
                paths += [path + [(owner, lock, next_)] for lock, next_ in waits.get(owner, [])]
    distinct = {}
    for path in found:
        distinct.setdefault(frozenset(thread.number for thread, _, _ in path), path)
    return distinct.values()


# The commands.


def print_table(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths))
        gdb.write("  ".join(cells).rstrip() + "\n")


class RestoredSelection:
    """Looks at other threads, and leaves the user's selection as it was."""

    def __enter__(self):
        self.thread = gdb.selected_thread()
        if self.thread is None:
            raise gdb.GdbError("There is no process, and no core file.")
        try:
            self.frame = gdb.selected_frame()
        except gdb.error:
            self.frame = None

    def __exit__(self, *_):
        self.thread.switch()
        if self.frame is not None and self.frame.is_valid():
            self.frame.select()


def examine():
    process = Process()
    if not process.waiters:
        gdb.write("No thread is parked.\n")
    elif not process.is_live:
        gdb.write("When this was is not known: times count up to when the last thread parked.\n")
    return process


class ParkingLot(gdb.Command):
    """Threads that wait for locks of parking_lot."""

    def __init__(self):
        super().__init__("parking-lot", gdb.COMMAND_STATUS, gdb.COMPLETE_NONE, True)


class Waiters(gdb.Command):
    """Lists the threads that are parked: for how long, at what, and where in the code."""

    def __init__(self):
        super().__init__("parking-lot waiters", gdb.COMMAND_STATUS)

    def invoke(self, _argument, _from_tty):
        with RestoredSelection():
            process = examine()
            rows = [("parked", "thread", "lock", "waits for", "in")]
            for waiter in process.waiters:
                lock = hex(waiter.lock) + symbol_at(waiter.lock)
                place = waiter.thread.user_code() if waiter.thread else "?"
                rows.append(
                    (process.duration_of(waiter), waiter.thread_text, lock, waiter.what, place)
                )
            if process.waiters:
                print_table(rows)


class Held(gdb.Command):
    """Lists the locks that threads wait for: state, who holds them, and deadlocks.

    The owner is known from guards in the frames of a thread, where the optimizer has left them;
    of a ReentrantMutex; and in programs compiled with PARKING_LOT_CHECKED, but for readers.
    """

    def __init__(self):
        super().__init__("parking-lot held", gdb.COMMAND_STATUS)

    def invoke(self, _argument, _from_tty):
        with RestoredSelection():
            process = examine()
            owners = Owners(process)
            waits = {}
            queues = {}
            for waiter in process.waiters:
                if waiter.kind not in STATES:
                    continue  # nobody holds a Condvar, or what a user's own lock is
                held_by = owners.of(waiter)
                queues.setdefault(waiter.lock, []).append((waiter, held_by))
                if waiter.thread:
                    waits[waiter.thread] = [(waiter.lock, owner) for owner in held_by]
            if queues:
                print_table(self.rows(queues))
            for path in cycles(waits):
                self.report(path)

    @staticmethod
    def rows(queues):
        rows = [("lock", "state", "waited for by", "held by")]
        for address, waiters in queues.items():
            size, state = STATES[waiters[0][0].kind]
            threads = ", ".join(waiter.thread_text for waiter, _ in waiters)
            owners = {thread: how for _, held_by in waiters for thread, how in held_by.items()}
            known = ", ".join(f"{thread.text}: {how}" for thread, how in owners.items())
            lock = hex(address) + symbol_at(address)
            rows.append((lock, state(read_number(address, size)), threads, known or "not known"))
        return rows

    @staticmethod
    def report(path):
        steps = [
            f"thread {thread.number} waits for {hex(lock)}{symbol_at(lock)}"
            f", held by thread {owner.number}"
            for thread, lock, owner in path
        ]
        gdb.write("Deadlock: " + "; ".join(steps) + ".\n")


# The pretty-printers.


class StatePrinter:
    """A type of the library whose state is one word."""

    def __init__(self, value, name, word, state):
        self.text = f"{name}: {state(number(value[word]))}"

    def to_string(self):
        return self.text


class TypedLockPrinter:
    """A lock with its data."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        return plain_text(self.value["raw_"])

    def children(self):
        return iter([("data", self.value["data_"])])


class ReentrantPrinter:
    def __init__(self, value):
        self.value = value

    def to_string(self):
        owner = number(self.value["owner_"])
        if not owner:
            return "Reentrant" + plain_text(self.value["raw_"])
        thread = next((t for t in gdb.selected_inferior().threads() if handle_of(t) == owner), None)
        who = f"thread {thread.num}" if thread else hex(owner)
        depth = number(self.value["levels_below_"]) + 1
        return f"Reentrant{plain_text(self.value['raw_'])}; {depth} deep, by {who}"


def handle_of(thread):
    return Thread(thread).handle


class OncePrinter:
    def __init__(self, value):
        self.value = value

    def to_string(self):
        return "Once: " + once_state(once_word(self.value))


class OnceCellPrinter:
    """A OnceCell, or the one in a Lazy."""

    def __init__(self, value, name):
        self.cell = value["cell_"] if name == "Lazy" else value
        self.name = name
        self.state = once_word(self.cell)

    def to_string(self):
        return f"{self.name}: " + once_state(self.state)

    def children(self):
        # The value is in a union without a name.
        return iter([("value", self.cell["value_"])] if self.state & 1 else [])


def once_word(value):
    while is_class(value, "Once"):
        value = value["raw_"]
    raw = value["raw_"] if is_a(value, "OnceCell") else value
    return number(raw["state_"])


def is_class(value, name):
    return re.fullmatch(NAMESPACE + name, (value.type.strip_typedefs().name or ""))


class CondvarPrinter:
    def __init__(self, value):
        self.waited = number(value["backend_"]["has_waiters_"])

    def to_string(self):
        return "Condvar: " + ("threads wait" if self.waited else "nobody waits")


class GuardPrinter:
    def __init__(self, value):
        self.value = value
        self.address = int(pointer_in(value["lock_"]))

    def to_string(self):
        mode = str(self.value.type.strip_typedefs().template_argument(1)).rsplit("::", 1)[-1]
        mode = {"SharedMode": "reads", "UpgradableMode": "reads upgradably"}.get(mode, "locks")
        return f"Guard: {mode} {hex(self.address)}" if self.address else "Guard: empty"

    def children(self):
        return iter([("data", self.value["data_"].dereference())] if self.address else [])


def plain_text(value):
    printer = gdb.default_visualizer(value)
    return str(printer.to_string() if printer else value.type)


def build_printers():
    printers = gdb.printing.RegexpCollectionPrettyPrinter("parking_lot")

    # Of the configurations that are not over the standard library's locks: v<version>_0...
    def add(name, printer):
        printers.add_printer(name, rf"^parking_lot::v\d+_0\w*::{name}(<.*>)?$", printer)

    def state_of(name, word, state):
        return lambda value: StatePrinter(value, name, word, state)

    add("BasicRawMutex", state_of("Mutex", "word", mutex_state))
    add("BasicRawRwLock", state_of("RwLock", "word", rwlock_state))
    add("BasicRawReentrantMutex", ReentrantPrinter)
    add("BasicMutex", TypedLockPrinter)
    add("BasicRwLock", TypedLockPrinter)
    add("Condvar", CondvarPrinter)
    add("RawOnce", OncePrinter)
    add("Once", OncePrinter)
    add("OnceCell", lambda value: OnceCellPrinter(value, "OnceCell"))
    add("Lazy", lambda value: OnceCellPrinter(value, "Lazy"))
    add("Guard", GuardPrinter)
    return printers


gdb.printing.register_pretty_printer(None, build_printers(), replace=True)
ParkingLot()
Waiters()
Held()

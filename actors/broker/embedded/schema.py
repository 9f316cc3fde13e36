"""The tables of the broker's file. Constants only.

A message is two rows of one id. `contents` is written once and never changed, however large the body is; `entries` is
small, and all that happens to a message happens there. Ids grow, so their order is the order of publishing.
"""

SCHEMA_VERSION = 2

#: From version 1, whose queues lasted for ever and whose messages had fewer properties.
UPGRADE = (
    "ALTER TABLE queues ADD COLUMN type TEXT",
    "ALTER TABLE queues ADD COLUMN single_active_consumer INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE queues ADD COLUMN expires_seconds REAL",
    "ALTER TABLE queues ADD COLUMN message_ttl_seconds REAL",
    "ALTER TABLE queues ADD COLUMN exclusive INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE queues ADD COLUMN active INTEGER",
    "ALTER TABLE queues ADD COLUMN used_at REAL NOT NULL DEFAULT 0",
    "ALTER TABLE contents ADD COLUMN correlation_id TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE contents ADD COLUMN reply_to TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE contents ADD COLUMN type TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE contents ADD COLUMN timestamp REAL NOT NULL DEFAULT 0",
)

# Of a queue. active: the session that takes all messages, while it lives. used_at: when it last had a consumer.
SCHEMA = (
    "CREATE TABLE exchanges (name TEXT PRIMARY KEY, type TEXT NOT NULL) WITHOUT ROWID",
    """
    CREATE TABLE queues (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        dead_letter_exchange TEXT,
        dead_letter_routing_key TEXT,
        delivery_limit INTEGER,
        type TEXT,
        single_active_consumer INTEGER NOT NULL,
        expires_seconds REAL,
        message_ttl_seconds REAL,
        exclusive INTEGER NOT NULL,
        active INTEGER,
        used_at REAL NOT NULL
    )
    """,
    """
    CREATE TABLE bindings (
        exchange TEXT NOT NULL,
        queue TEXT NOT NULL,
        routing_key TEXT NOT NULL,
        PRIMARY KEY (exchange, queue, routing_key)
    ) WITHOUT ROWID
    """,
    # A consumer that lives, or one that died without a word: its lock file tells which.
    "CREATE TABLE sessions (id INTEGER PRIMARY KEY, queue INTEGER NOT NULL, pid INTEGER NOT NULL)",
    # session: who holds it. due: not ready before (seconds since the epoch). At least one of the two is NULL.
    # delivered: how often it was handed out. failed: how many of these count towards the delivery limit.
    """
    CREATE TABLE entries (
        id INTEGER PRIMARY KEY,
        queue INTEGER NOT NULL,
        session INTEGER,
        due REAL,
        delivered INTEGER NOT NULL DEFAULT 0,
        failed INTEGER NOT NULL DEFAULT 0,
        published_at REAL NOT NULL
    )
    """,
    "CREATE INDEX ready ON entries (queue, id) WHERE session IS NULL AND due IS NULL",
    "CREATE INDEX delayed ON entries (queue, due) WHERE due IS NOT NULL",
    "CREATE INDEX claimed ON entries (session) WHERE session IS NOT NULL",
    """
    CREATE TABLE contents (
        id INTEGER PRIMARY KEY REFERENCES entries (id) ON DELETE CASCADE,
        exchange TEXT NOT NULL,
        routing_key TEXT NOT NULL,
        message_id TEXT NOT NULL,
        content_type TEXT NOT NULL,
        headers TEXT NOT NULL,
        body BLOB NOT NULL,
        correlation_id TEXT NOT NULL,
        reply_to TEXT NOT NULL,
        type TEXT NOT NULL,
        timestamp REAL NOT NULL
    )
    """,
    # Totals that outlive every process; queue 0 stands for messages that reached none.
    """
    CREATE TABLE totals (
        queue INTEGER NOT NULL,
        name TEXT NOT NULL,
        value INTEGER NOT NULL,
        PRIMARY KEY (queue, name)
    ) WITHOUT ROWID
    """,
    # next_id: the next entry's. topology: counts the changes of exchanges, queues and bindings.
    "CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
    "INSERT INTO counters VALUES ('next_id', 1), ('topology', 0)",
)

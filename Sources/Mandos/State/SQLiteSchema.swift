internal import CShims.SQLite

/// What is in the file, and how a file of an earlier version becomes one of this.
struct SQLiteSchema {
    /// Tells such a file from other databases: “Mnds”.
    static let applicationID: Int64 = 0x4D6E_6473

    /// The first makes the tables of version 1, the next turns them into those of version 2, and so
    /// on.
    let steps: [String]

    var version: Int64 { Int64(steps.count) }

    /// A client that was removed keeps its line. Times count in microseconds since 1970, spans in
    /// milliseconds. What clients.conf said is in the columns `conf_…`; what is the same in the
    /// columns without is NULL there.
    static let current = SQLiteSchema(steps: [
        """
        CREATE TABLE client (
            name TEXT NOT NULL PRIMARY KEY,
            conf_enabled INTEGER,
            conf_approved_by_default INTEGER,
            conf_host TEXT,
            conf_checker TEXT,
            conf_timeout INTEGER,
            conf_extended_timeout INTEGER,
            conf_interval INTEGER,
            conf_approval_delay INTEGER,
            conf_approval_duration INTEGER,
            removed INTEGER NOT NULL CHECK (removed IN (0, 1)),
            enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
            approved_by_default INTEGER,
            host TEXT,
            checker TEXT,
            timeout INTEGER,
            extended_timeout INTEGER,
            interval INTEGER,
            approval_delay INTEGER,
            approval_duration INTEGER,
            created INTEGER NOT NULL,
            last_enabled INTEGER,
            secret BLOB
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE liveness (
            name TEXT NOT NULL PRIMARY KEY,
            saved INTEGER NOT NULL,
            expires INTEGER,
            last_checked_ok INTEGER,
            last_checker_status INTEGER NOT NULL,
            last_approval_request INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE writer (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            token INTEGER NOT NULL
        ) STRICT;
        """,
        // `added`: while the server ran; its key is in the columns without “conf_”. `absent`: for how
        // long clients.conf had no such section, NULL if it has one. No key ID or fingerprint is
        // empty in `revocation`, where it is a part of the key of the row.
        """
        ALTER TABLE client ADD COLUMN added INTEGER NOT NULL DEFAULT 0 CHECK (added IN (0, 1));
        ALTER TABLE client ADD COLUMN key_id BLOB;
        ALTER TABLE client ADD COLUMN fingerprint TEXT;
        ALTER TABLE client ADD COLUMN conf_key_id BLOB;
        ALTER TABLE client ADD COLUMN conf_fingerprint TEXT;
        ALTER TABLE client ADD COLUMN absent INTEGER;
        CREATE TABLE revocation (
            name TEXT NOT NULL,
            key_id BLOB NOT NULL,
            fingerprint TEXT NOT NULL,
            began INTEGER NOT NULL,
            reason INTEGER NOT NULL,
            author TEXT NOT NULL,
            absent INTEGER,
            PRIMARY KEY (name, key_id, fingerprint)
        ) STRICT, WITHOUT ROWID;
        """,
        // `time_left`: in which a server could check; NULL if `expires` is what counts. `checksum`: of
        // all other columns of the row. `rows`: of all rows of clients and revocations. `tables`: of
        // the definitions of the tables.
        """
        ALTER TABLE liveness ADD COLUMN time_left INTEGER;
        ALTER TABLE liveness ADD COLUMN graced INTEGER;
        ALTER TABLE client ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE liveness ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE revocation ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
        CREATE TABLE save (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            origin INTEGER NOT NULL,
            number INTEGER NOT NULL,
            time INTEGER NOT NULL,
            rows INTEGER NOT NULL,
            tables INTEGER NOT NULL,
            writer INTEGER NOT NULL,
            checksum INTEGER NOT NULL
        ) STRICT;
        DROP TABLE writer;
        """,
    ])

    /// The first version whose rows have checksums.
    static let checkedVersion: Int64 = 3

    enum State: Equatable {
        case current
        case older(version: Int64)
        case newer(version: Int64)
        /// It is some other database.
        case foreign
    }

    func state(of database: SQLiteDatabase) throws(SQLiteError) -> State {
        let version = try database.number("PRAGMA user_version")
        guard try database.number("PRAGMA application_id") == Self.applicationID, version > 0 else {
            return .foreign
        }
        if version == self.version { return .current }
        return version > self.version ? .newer(version: version) : .older(version: version)
    }

    /// Only within a transaction: a half-way migrated file is none.
    ///
    /// - Parameter version: which it has; 0 if it is empty.
    func migrate(_ database: SQLiteDatabase, from version: Int64) throws(SQLiteError) {
        do throws(SQLiteError) {
            for step in steps.dropFirst(Int(version)) { try database.execute(step) }
        } catch {
            // Of a file that looks whole: no damage that would cost anybody his trust.
            throw SQLiteError(
                code: SQLITE_INTERNAL,
                text: "it cannot be made one of version \(self.version): \(error.text)")
        }
        try database.execute("PRAGMA application_id = \(Self.applicationID)")
        try database.execute("PRAGMA user_version = \(self.version)")
    }
}

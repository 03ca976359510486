// What Swift cannot say of SQLite: variadic functions, and destructors that are no pointers.
#ifndef CSHIMS_SQLITE_H
#define CSHIMS_SQLITE_H

#include <sqlite3.h>
#include <stddef.h>

// sqlite3_bind_text64 and sqlite3_bind_blob64 with SQLITE_TRANSIENT: the bytes are copied. No bytes
// are an empty value, not NULL.
int cshim_sqlite_bind_text(sqlite3_stmt *_Nonnull statement, int index,
                           const char *_Nullable text, size_t count);
int cshim_sqlite_bind_blob(sqlite3_stmt *_Nonnull statement, int index,
                           const void *_Nullable bytes, size_t count);

// sqlite3_db_config is variadic. Turns SQLITE_DBCONFIG_DEFENSIVE on and SQLITE_DBCONFIG_TRUSTED_SCHEMA
// off: what is in the file cannot reach beyond it.
void cshim_sqlite_distrust(sqlite3 *_Nonnull database);

// SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE: whether closing leaves the log as it is.
void cshim_sqlite_keep_log(sqlite3 *_Nonnull database, int keeps);

#endif

// Keeps an embedded replica: syncs, reads the copy, tries to write through it, and
// to read in every other way.
// If there is a REVOKE_URL, the token is revoked then, and the replica syncs again.
import { createClient } from "@libsql/client";

const attempt = (act) => act().then((value) => ({ value }), (error) => ({ error: String(error.message) }));
const names = async () => (await db.execute("SELECT name FROM users ORDER BY id")).rows.map((row) => row.name);

const db = createClient({ url: `file:${process.env.REPLICA}`, syncUrl: process.env.DB_URL, authToken: process.env.DB_TOKEN });
const synced = await attempt(async () => (await db.sync()) !== null);
const read = await attempt(names);
const wrote = await attempt(async () => (await db.execute("INSERT INTO users (name) VALUES ('replica')")).rowsAffected);
const after = await attempt(names);
const inTransaction = (mode) => async () => {
  const tx = await db.transaction(mode);
  try {
    return (await tx.execute("SELECT 1")).rows.length;
  } finally {
    tx.close();
  }
};
const ways = {};
for (const [way, act] of Object.entries({
  "WITH": () => db.execute("WITH x AS (SELECT name FROM users) SELECT * FROM x"),
  "VALUES": () => db.execute("VALUES (1)"),
  "PRAGMA": () => db.execute("PRAGMA table_info(users)"),
  "PRAGMA foreign_keys": () => db.execute("PRAGMA foreign_keys"),
  "PRAGMA foreign_key_list": () => db.execute("PRAGMA foreign_key_list(users)"),
  "pragma table": () => db.execute("SELECT * FROM pragma_foreign_key_list('users')"),
  "EXPLAIN": () => db.execute("EXPLAIN QUERY PLAN SELECT * FROM users"),
  "batch": () => db.batch(["SELECT 1"], "read"),
  "executeMultiple": () => db.executeMultiple("SELECT 1; SELECT 2"),
  "BEGIN": () => db.execute("BEGIN"),
  "transaction read": inTransaction("read"),
  "transaction deferred": inTransaction("deferred"),
})) {
  ways[way] = (await attempt(async () => (await act()) !== null)).error ?? "";
}
const { REVOKE_URL, ADMIN_KEY } = process.env;
let gone = {};
if (REVOKE_URL) {
  const reply = await fetch(REVOKE_URL, { method: "DELETE", headers: { authorization: `Bearer ${ADMIN_KEY}` } });
  if (!reply.ok) throw new Error(`revoking: ${reply.status}`);
  gone = await attempt(async () => (await db.sync()) !== null);
}
db.close();
console.log(JSON.stringify({ synced, read, wrote, after, ways, gone }));

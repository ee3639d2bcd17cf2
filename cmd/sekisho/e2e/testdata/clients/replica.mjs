// Keeps an embedded replica: syncs, reads the copy, and tries to write through it.
// If there is a REVOKE_URL, the token is revoked then, and the replica syncs again.
import { createClient } from "@libsql/client";

const attempt = (act) => act().then((value) => ({ value }), (error) => ({ error: String(error.message) }));
const names = async () => (await db.execute("SELECT name FROM users ORDER BY id")).rows.map((row) => row.name);

const db = createClient({ url: `file:${process.env.REPLICA}`, syncUrl: process.env.DB_URL, authToken: process.env.DB_TOKEN });
const synced = await attempt(async () => (await db.sync()) !== null);
const read = await attempt(names);
const wrote = await attempt(async () => (await db.execute("INSERT INTO users (name) VALUES ('replica')")).rowsAffected);
const after = await attempt(names);
const { REVOKE_URL, ADMIN_KEY } = process.env;
let gone = {};
if (REVOKE_URL) {
  const reply = await fetch(REVOKE_URL, { method: "DELETE", headers: { authorization: `Bearer ${ADMIN_KEY}` } });
  if (!reply.ok) throw new Error(`revoking: ${reply.status}`);
  gone = await attempt(async () => (await db.sync()) !== null);
}
db.close();
console.log(JSON.stringify({ synced, read, wrote, after, gone }));

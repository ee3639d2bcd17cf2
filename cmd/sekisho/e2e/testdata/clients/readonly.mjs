// Tries, with @libsql/client and one token, everything in the environment variable
// ATTEMPTS: an object of SQL texts by name. Prints what came of each, in all the
// ways that the client has of sending a statement.
import { createClient } from "@libsql/client";

const db = createClient({ url: process.env.DB_URL, authToken: process.env.DB_TOKEN });

const ways = {
  execute: async (sql) => (await db.execute(sql)).rows.length,
  "batch read": async (sql) => (await db.batch([sql], "read"))[0].rows.length,
  "batch deferred": async (sql) => (await db.batch([sql]))[0].rows.length,
  "transaction read": async (sql) => {
    const transaction = await db.transaction("read");
    try {
      const { rows } = await transaction.execute(sql);
      await transaction.commit();
      return rows.length;
    } finally {
      transaction.close();
    }
  },
};

const outcomes = {};
for (const [name, sql] of Object.entries(JSON.parse(process.env.ATTEMPTS))) {
  outcomes[name] = {};
  for (const [way, run] of Object.entries(ways)) {
    outcomes[name][way] = await run(sql).then(
      (rows) => ({ rows }),
      (error) => ({ code: error.code, message: error.message }),
    );
  }
}
const other = {
  executeMultiple: () => db.executeMultiple("SELECT 1; DELETE FROM users"),
  "transaction write": async () => (await db.transaction("write")).execute("DELETE FROM users"),
  "batch write": () => db.batch(["SELECT 1", "DELETE FROM users"], "write"),
};
outcomes["a client's other ways"] = {};
for (const [way, run] of Object.entries(other)) {
  outcomes["a client's other ways"][way] = await run().then(
    () => ({ rows: 0 }),
    (error) => ({ code: error.code, message: error.message }),
  );
}
db.close();
console.log(JSON.stringify(outcomes));

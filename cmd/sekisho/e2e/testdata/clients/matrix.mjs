// Reads, writes, reads in a transaction that is begun for writing, where the client
// has one, and reads again with the client named in CLIENT, and prints what came of each. If there is a REVOKE_URL, the token is revoked before the last
// read, on the connection that the first two had.
const { CLIENT, DB_URL, DB_TOKEN, REVOKE_URL, ADMIN_KEY } = process.env;
const write = "INSERT INTO visits (note) VALUES ('seen')";
const read = "SELECT name FROM users";

const libsql = async (url) => {
  const { createClient } = await import("@libsql/client");
  const db = createClient({ url, authToken: DB_TOKEN });
  return {
    read: async () => (await db.execute(read)).rows.length,
    write: () => db.execute(write),
    transact: () => db.batch([read], "write"),
    end: () => db.close(),
  };
};

const clients = {
  "libsql http": () => libsql(DB_URL),
  "libsql ws": () => libsql(DB_URL.replace("http", "ws")),
  serverless: async () => {
    const { connect } = await import("@tursodatabase/serverless");
    const db = connect({ url: DB_URL, authToken: DB_TOKEN });
    return {
      read: async () => (await (await db.prepare(read)).all()).length,
      write: async () => (await db.prepare(write)).run(),
      end: () => db.close(),
    };
  },
  drizzle: async () => {
    const { drizzle } = await import("drizzle-orm/libsql");
    const { integer, sqliteTable, text } = await import("drizzle-orm/sqlite-core");
    const users = sqliteTable("users", { id: integer().primaryKey(), name: text() });
    const visits = sqliteTable("visits", { note: text() });
    const db = drizzle({ connection: { url: DB_URL, authToken: DB_TOKEN } });
    return {
      read: async () => (await db.select().from(users)).length,
      write: () => db.insert(visits).values({ note: "seen" }),
      transact: () => db.transaction((tx) => tx.select().from(users)),
      end: () => db.$client.close(),
    };
  },
  kysely: async () => {
    const { Kysely } = await import("kysely");
    const { LibsqlDialect } = await import("@libsql/kysely-libsql");
    const db = new Kysely({ dialect: new LibsqlDialect({ url: DB_URL, authToken: DB_TOKEN }) });
    return {
      read: async () => (await db.selectFrom("users").select("name").execute()).length,
      write: () => db.insertInto("visits").values({ note: "seen" }).execute(),
      transact: () => db.transaction().execute((tx) => tx.selectFrom("users").select("name").execute()),
      introspect: async () => (await db.introspection.getTables()).map((table) => `${table.name}(${table.columns.map((c) => c.name)})`).sort(),
      end: () => db.destroy(),
    };
  },
};

// shown is what a person would see of an error: of its causes too.
const shown = (error) => {
  const list = [];
  for (let e = error; e instanceof Error; e = e.cause) list.push(`${e.code ?? ""} ${e.message}`);
  return list.join("\n");
};

const outcome = (run) => Promise.resolve().then(run).then(() => ({ ok: true }), (error) => ({ shown: shown(error) }));

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const db = await clients[CLIENT]();
const result = { read: await outcome(db.read), write: await outcome(db.write) };
if (db.transact) result.transact = await outcome(db.transact);
if (db.introspect) result.tables = await db.introspect().catch(() => []);
if (REVOKE_URL) {
  const reply = await fetch(REVOKE_URL, { method: "DELETE", headers: { authorization: `Bearer ${ADMIN_KEY}` } });
  if (!reply.ok) throw new Error(`revoking: ${reply.status}`);
  const start = Date.now();
  do {
    await sleep(20);
    result.again = await outcome(db.read);
    result.lived = Date.now() - start;
  } while (result.again.ok && result.lived < 15000);
}
await outcome(db.end);
console.log(JSON.stringify(result));
process.exit(0);

// Mints and rotates with Turso's own SDK; prints the tokens before and after.
import { createClient } from "@tursodatabase/api";

const turso = createClient({
  org: "my-org",
  token: process.env.ADMIN_KEY,
  baseUrl: process.env.PLATFORM_URL,
});

const options = { expiration: "1h", authorization: "read-only" };
const before = {
  database: (await turso.databases.createToken("my-db", options)).jwt,
  group: (await turso.groups.createToken("production", options)).jwt,
};
await turso.databases.rotateTokens("my-db");
await turso.groups.rotateTokens("production");
const after = {
  database: (await turso.databases.createToken("my-db", { authorization: "full-access" })).jwt,
  group: (await turso.groups.createToken("production")).jwt,
};

const errors = {};
for (const [name, call] of Object.entries({
  "no such database": () => turso.databases.createToken("no-db"),
  "no such group": () => turso.groups.createToken("no-group"),
  "no such expiration": () => turso.databases.createToken("my-db", { expiration: "soon" }),
})) {
  errors[name] = await call().then(() => "", (e) => `${e.status} ${e.message}`);
}
console.log(JSON.stringify({ before, after, errors }));

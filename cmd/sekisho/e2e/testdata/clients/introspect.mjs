// Lets drizzle-kit read the schema of the database at DB_URL, and prints the
// TypeScript that it writes.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createRequire } from "node:module";

const here = import.meta.dirname;
writeFileSync(
  join(here, "drizzle.config.json"),
  JSON.stringify({ dialect: "turso", out: "./out", dbCredentials: { url: process.env.DB_URL, authToken: process.env.DB_TOKEN } }),
);
const kit = join(dirname(createRequire(import.meta.url).resolve("drizzle-kit")), "bin.cjs");
const pull = spawnSync(process.execPath, [kit, "pull", "--config", "drizzle.config.json"], { cwd: here, encoding: "utf8" });
if (pull.status !== 0) throw new Error(`${pull.stdout}\n${pull.stderr}`);
console.log(readFileSync(join(here, "out", "schema.ts"), "utf8"));

import { createClient } from "@turso/api";

const turso = createClient({
  org: "my-org",
  token: process.env.TURSO_API_TOKEN!,
});

// トークンの作成
const token = await turso.databases.createToken("my-db", {
  expiration: "7d",
  authorization: "read-only"
});

console.log('Database token:', token.jwt);

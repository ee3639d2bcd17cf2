// Keeps a transaction open over a WebSocket while its token is taken back, and
// prints how the client hears of it. With MINT, the token is minted there and ends
// by itself.
import { createClient } from "@libsql/client";

const { DB_URL, DB_TOKEN, MINT, METHOD, ENDING, ADMIN_KEY } = process.env;
const headers = { Authorization: `Bearer ${ADMIN_KEY}` };
const authToken = MINT ? (await (await fetch(MINT, { method: "POST", headers })).json()).jwt : DB_TOKEN;
const db = createClient({ url: DB_URL, authToken, tls: false });
const transaction = await db.transaction("read");
await transaction.execute("SELECT 1");
if (ENDING) {
  const reply = await fetch(ENDING, { method: METHOD, headers });
  if (!reply.ok) throw new Error(`taking the token back: ${reply.status} ${await reply.text()}`);
}
const taken = Date.now();
for (;;) {
  try {
    await transaction.execute("SELECT 1");
  } catch (e) {
    console.log(JSON.stringify({ Code: e.code, Message: e.message, Milliseconds: Date.now() - taken }));
    break;
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
}
db.close();

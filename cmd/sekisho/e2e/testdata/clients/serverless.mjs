// Reads and tries to write with @tursodatabase/serverless, which sends its
// statements to /v3/cursor.
import { connect } from "@tursodatabase/serverless";

const db = connect({ url: process.env.DB_URL, authToken: process.env.DB_TOKEN });
const rows = await (await db.prepare("SELECT name FROM users ORDER BY id")).all();
const remove = async () => (await db.prepare("DELETE FROM users")).run();
const refused = await remove().then(() => "", (error) => error.message);
console.log(JSON.stringify({ rows: rows.length, refused }));

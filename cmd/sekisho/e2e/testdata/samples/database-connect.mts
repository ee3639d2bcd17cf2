import { createClient as createDbClient } from "@libsql/client";

// データベーストークンを作成
const dbToken = await createDatabaseToken('my-org', 'my-db');

// データベースに接続
const db = createDbClient({
  url: "libsql://my-db-my-org.turso.io",
  authToken: dbToken
});

// クエリを実行
const result = await db.execute("SELECT * FROM users");
console.log(result.rows);

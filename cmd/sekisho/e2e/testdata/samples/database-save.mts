import fs from 'fs';

async function saveTokenSecurely(
  organizationSlug: string,
  databaseName: string,
  environment: string
) {
  const token = await createDatabaseToken(organizationSlug, databaseName, {
    expiration: environment === 'production' ? 'never' : '30d'
  });

  // 環境変数ファイルに保存
  const envContent = `TURSO_DB_TOKEN_${environment.toUpperCase()}=${token}\n`;
  fs.appendFileSync(`.env.${environment}`, envContent);

  console.log(`✓ Token saved to .env.${environment}`);
  console.log(`  Add this file to .gitignore!`);
}

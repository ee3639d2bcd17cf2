// 本番環境では適切な有効期限を設定
const ENVIRONMENT_EXPIRATION = {
  production: '7d',   // 本番環境
  staging: '24h',     // ステージング
  development: '1h',  // 開発環境
};

async function createSecureToken(
  orgSlug: string,
  groupName: string,
  environment: keyof typeof ENVIRONMENT_EXPIRATION
): Promise<string> {
  const expiration = ENVIRONMENT_EXPIRATION[environment];

  const result = await createGroupToken(orgSlug, groupName, {
    expiration,
    authorization: environment === 'production' ? 'read-only' : 'full-access',
  });

  return result.jwt;
}

// アプリケーションの用途に応じて適切な権限を設定
async function createAppToken(
  orgSlug: string,
  groupName: string,
  appType: 'frontend' | 'backend' | 'analytics'
): Promise<string> {
  let config: TokenOptions;

  switch (appType) {
    case 'frontend':
      // フロントエンドは読み取り専用、短い有効期限
      config = {
        authorization: 'read-only',
        expiration: '1h',
      };
      break;

    case 'backend':
      // バックエンドはフルアクセス、長めの有効期限
      config = {
        authorization: 'full-access',
        expiration: '7d',
      };
      break;

    case 'analytics':
      // 分析ツールは読み取り専用、中程度の有効期限
      config = {
        authorization: 'read-only',
        expiration: '24h',
      };
      break;
  }

  const result = await createGroupToken(orgSlug, groupName, config);
  return result.jwt;
}

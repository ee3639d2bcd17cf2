async function createDatabaseSpecificToken(
  orgSlug: string,
  groupName: string,
  databases: string[],
  expiration = '24h'
): Promise<string> {
  const result = await createGroupToken(orgSlug, groupName, {
    expiration,
    authorization: 'read-only',
    permissions: {
      read_attach: {
        databases,
      },
    },
  });

  return result.jwt;
}

// 使用例: 特定のデータベースのみアクセス可能なトークン
const token = await createDatabaseSpecificToken(
  'my-org',
  'production',
  ['users-db', 'posts-db'],
  '1h'
);

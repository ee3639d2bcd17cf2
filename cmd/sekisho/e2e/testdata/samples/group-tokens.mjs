const createGroupToken = async (
  orgSlug,
  groupName,
  options = {}
) => {
  const { expiration, authorization, permissions } = options;

  const params = new URLSearchParams();
  if (expiration) params.append('expiration', expiration);
  if (authorization) params.append('authorization', authorization);

  const url = `https://api.turso.tech/v1/organizations/${orgSlug}/groups/${groupName}/auth/tokens?${params}`;

  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'Authorization': `Bearer ${process.env.TURSO_API_TOKEN}`,
      'Content-Type': 'application/json',
    },
    body: permissions ? JSON.stringify({ permissions }) : undefined,
  });

  if (!response.ok) {
    const error = await response.json();
    throw new Error(error.error);
  }

  return await response.json();
};

// 使用例
// 基本的なトークン
const token1 = await createGroupToken('my-org', 'production');
console.log('Token:', token1.jwt);

// 1日で期限切れのトークン
const token2 = await createGroupToken('my-org', 'production', {
  expiration: '24h',
});

// 読み取り専用トークン
const token3 = await createGroupToken('my-org', 'production', {
  authorization: 'read-only',
  expiration: '1h',
});

// 特定のデータベースへのアクセス
const token4 = await createGroupToken('my-org', 'production', {
  permissions: {
    read_attach: {
      databases: ['users-db', 'products-db'],
    },
  },
});

interface TokenOptions {
  expiration?: string;        // "never", "7d", "30d", "1y"
  authorization?: "full-access" | "read-only";
  permissions?: {
    read_attach?: {
      databases?: string[];
    };
  };
}

async function createDatabaseToken(
  organizationSlug: string,
  databaseName: string,
  options: TokenOptions = {}
) {
  const params = new URLSearchParams();
  if (options.expiration) params.set('expiration', options.expiration);
  if (options.authorization) params.set('authorization', options.authorization);

  const url = `https://api.turso.tech/v1/organizations/${organizationSlug}/databases/${databaseName}/auth/tokens?${params}`;

  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'Authorization': `Bearer ${process.env.TURSO_API_TOKEN}`,
      'Content-Type': 'application/json'
    },
    body: options.permissions ? JSON.stringify({ permissions: options.permissions }) : undefined
  });

  if (!response.ok) {
    throw new Error(`HTTP error! status: ${response.status}`);
  }

  const data = await response.json();
  return data.jwt;
}

// フルアクセストークン
const fullAccessToken = await createDatabaseToken('my-org', 'my-db', {
  expiration: 'never',
  authorization: 'full-access'
});

// 読み取り専用トークン（7日間）
const readOnlyToken = await createDatabaseToken('my-org', 'my-db', {
  expiration: '7d',
  authorization: 'read-only'
});

// アタッチ権限付き
const attachToken = await createDatabaseToken('my-org', 'my-db', {
  permissions: {
    read_attach: {
      databases: ['other-db']
    }
  }
});

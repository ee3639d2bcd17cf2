import {
  CreateTokenRequest,
  CreateTokenResponse,
  Authorization,
  ErrorResponse,
} from './types';

interface TokenOptions {
  expiration?: string;
  authorization?: Authorization;
  permissions?: CreateTokenRequest['permissions'];
}

async function createGroupToken(
  orgSlug: string,
  groupName: string,
  options: TokenOptions = {}
): Promise<CreateTokenResponse> {
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
    if (response.status === 400) {
      throw new Error('Invalid request parameters');
    }
    if (response.status === 404) {
      throw new Error(`Group '${groupName}' not found`);
    }
    const error: ErrorResponse = await response.json();
    throw new Error(error.error);
  }

  return await response.json();
}

// 使用例: 環境別のトークン生成
async function generateEnvironmentToken(
  orgSlug: string,
  environment: 'production' | 'staging' | 'development'
): Promise<string> {
  const config: Record<typeof environment, TokenOptions> = {
    production: {
      expiration: '7d',
      authorization: 'read-only',
    },
    staging: {
      expiration: '24h',
      authorization: 'full-access',
    },
    development: {
      // 無期限、フルアクセス
    },
  };

  const result = await createGroupToken(orgSlug, environment, config[environment]);
  return result.jwt;
}

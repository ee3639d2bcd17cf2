class TokenManager {
  private tokens = new Map<string, { jwt: string; expiresAt: Date }>();

  async getToken(
    orgSlug: string,
    groupName: string,
    expiration = '24h'
  ): Promise<string> {
    const key = `${orgSlug}:${groupName}`;
    const cached = this.tokens.get(key);

    // トークンが存在し、まだ有効な場合は再利用
    if (cached && cached.expiresAt > new Date()) {
      return cached.jwt;
    }

    // 新しいトークンを生成
    const result = await createGroupToken(orgSlug, groupName, { expiration });

    // キャッシュに保存
    const expiresAt = this.calculateExpiration(expiration);
    this.tokens.set(key, { jwt: result.jwt, expiresAt });

    return result.jwt;
  }

  private calculateExpiration(expiration: string): Date {
    const match = expiration.match(/^(\d+)([smhdw])$/);
    if (!match) return new Date(Date.now() + 24 * 60 * 60 * 1000);

    const [, amount, unit] = match;
    const multipliers = { s: 1000, m: 60000, h: 3600000, d: 86400000, w: 604800000 };
    const ms = parseInt(amount) * (multipliers[unit as keyof typeof multipliers] || 3600000);

    return new Date(Date.now() + ms);
  }
}

// 使用例
const tokenManager = new TokenManager();
const token = await tokenManager.getToken('my-org', 'production', '1h');

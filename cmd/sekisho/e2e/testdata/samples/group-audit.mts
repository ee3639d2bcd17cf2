interface TokenAuditLog {
  timestamp: Date;
  groupName: string;
  authorization: Authorization;
  expiration: string;
  createdBy: string;
}

async function createTokenWithAudit(
  orgSlug: string,
  groupName: string,
  options: TokenOptions,
  createdBy: string
): Promise<string> {
  const result = await createGroupToken(orgSlug, groupName, options);

  // 監査ログを記録
  const auditLog: TokenAuditLog = {
    timestamp: new Date(),
    groupName,
    authorization: options.authorization || 'full-access',
    expiration: options.expiration || 'never',
    createdBy,
  };

  await saveAuditLog(auditLog);

  return result.jwt;
}

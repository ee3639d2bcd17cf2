async function generateCIToken(
  orgSlug: string,
  groupName: string
): Promise<string> {
  // CI/CDには短い有効期限の読み取り専用トークンを使用
  const result = await createGroupToken(orgSlug, groupName, {
    authorization: 'read-only',
    expiration: '1h',
  });

  console.log('CI Token generated (expires in 1 hour)');
  return result.jwt;
}

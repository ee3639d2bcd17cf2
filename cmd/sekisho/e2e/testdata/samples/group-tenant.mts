async function generateTenantToken(
  orgSlug: string,
  groupName: string,
  tenantId: string,
  tenantDatabases: string[]
): Promise<string> {
  const result = await createGroupToken(orgSlug, groupName, {
    expiration: '7d',
    authorization: 'full-access',
    permissions: {
      read_attach: {
        databases: tenantDatabases,
      },
    },
  });

  console.log(`Token generated for tenant: ${tenantId}`);
  return result.jwt;
}

// 使用例
const tenantToken = await generateTenantToken(
  'my-org',
  'multi-tenant',
  'tenant-123',
  ['tenant-123-users', 'tenant-123-orders']
);

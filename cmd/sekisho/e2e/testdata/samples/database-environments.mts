async function setupEnvironmentTokens(
  organizationSlug: string,
  databaseName: string
) {
  const tokens = {
    production: await createDatabaseToken(organizationSlug, databaseName, {
      expiration: 'never',
      authorization: 'full-access'
    }),
    staging: await createDatabaseToken(organizationSlug, databaseName, {
      expiration: '30d',
      authorization: 'full-access'
    }),
    development: await createDatabaseToken(organizationSlug, databaseName, {
      expiration: '7d',
      authorization: 'full-access'
    }),
    readonly: await createDatabaseToken(organizationSlug, databaseName, {
      expiration: 'never',
      authorization: 'read-only'
    })
  };

  console.log('Tokens created for all environments');
  return tokens;
}

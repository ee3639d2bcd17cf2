curl -L -X POST 'https://api.turso.tech/v1/organizations/my-org/databases/my-db/auth/tokens?expiration=never&authorization=full-access' \
  -H 'Authorization: Bearer YOUR_API_TOKEN'

curl -L -X POST 'https://api.turso.tech/v1/organizations/my-org/databases/my-db/auth/tokens?expiration=7d&authorization=read-only' \
  -H 'Authorization: Bearer YOUR_API_TOKEN'

curl -L -X POST 'https://api.turso.tech/v1/organizations/my-org/databases/my-db/auth/tokens' \
  -H 'Authorization: Bearer YOUR_API_TOKEN' \
  -H 'Content-Type: application/json' \
  -d '{
    "permissions": {
      "read_attach": {
        "databases": ["other-db-1", "other-db-2"]
      }
    }
  }'

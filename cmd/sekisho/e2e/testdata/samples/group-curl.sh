# 基本的なトークン生成
curl -X POST "https://api.turso.tech/v1/organizations/my-org/groups/production/auth/tokens" \
  -H "Authorization: Bearer $TURSO_API_TOKEN"

# 有効期限付きトークン
curl -X POST "https://api.turso.tech/v1/organizations/my-org/groups/production/auth/tokens?expiration=24h" \
  -H "Authorization: Bearer $TURSO_API_TOKEN"

# 読み取り専用トークン
curl -X POST "https://api.turso.tech/v1/organizations/my-org/groups/production/auth/tokens?authorization=read-only" \
  -H "Authorization: Bearer $TURSO_API_TOKEN"

# 特定のデータベースへのアクセスを許可
curl -X POST "https://api.turso.tech/v1/organizations/my-org/groups/production/auth/tokens" \
  -H "Authorization: Bearer $TURSO_API_TOKEN" \
  -H "Content-Type: application/json" \
  -d '{
    "permissions": {
      "read_attach": {
        "databases": ["db1", "db2"]
      }
    }
  }'

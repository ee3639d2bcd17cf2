curl -X POST http://localhost:3000/api/tokens \
  -H "Content-Type: application/json" \
  -H "X-API-Key: dev-secret-key-12345" \
  -d '{
    "userId": "user123",
    "scopes": ["read", "write"],
    "expiresInMinutes": 60
  }'
curl -X GET "http://localhost:3000/api/tokens?userId=user123" \
  -H "X-API-Key: dev-secret-key-12345"

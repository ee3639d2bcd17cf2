import os
import requests
from typing import Dict, List, Optional, Literal

def create_group_token(
    org_slug: str,
    group_name: str,
    expiration: Optional[str] = None,
    authorization: Optional[Literal["full-access", "read-only"]] = None,
    permissions: Optional[Dict] = None
) -> str:
    """グループの認証トークンを生成します。"""

    url = f"https://api.turso.tech/v1/organizations/{org_slug}/groups/{group_name}/auth/tokens"

    headers = {
        "Authorization": f"Bearer {os.environ['TURSO_API_TOKEN']}",
        "Content-Type": "application/json"
    }

    params = {}
    if expiration:
        params["expiration"] = expiration
    if authorization:
        params["authorization"] = authorization

    data = None
    if permissions:
        data = {"permissions": permissions}

    response = requests.post(url, headers=headers, params=params, json=data)

    if response.status_code == 400:
        raise ValueError(f"Invalid request: {response.json()['error']}")
    if response.status_code == 404:
        raise ValueError(f"Group not found: {group_name}")

    response.raise_for_status()
    return response.json()["jwt"]

# 使用例
# 基本的なトークン
token = create_group_token("my-org", "production")
print(f"Token: {token[:50]}...")

# 有効期限付きトークン
token_24h = create_group_token("my-org", "production", expiration="24h")

# 読み取り専用トークン
readonly_token = create_group_token(
    "my-org",
    "production",
    authorization="read-only",
    expiration="1h"
)

# 特定のデータベースへのアクセス
limited_token = create_group_token(
    "my-org",
    "production",
    permissions={
        "read_attach": {
            "databases": ["users-db", "products-db"]
        }
    }
)

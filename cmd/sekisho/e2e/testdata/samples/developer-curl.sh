#!/bin/bash

TOKEN="your_token_here"
BASE_URL="https://jietng.matsuki.work"

# 获取用户列表
curl -H "Authorization: Bearer $TOKEN" "$BASE_URL/api/v1/users"

# 获取特定用户信息
USER_ID="U123456"
curl -H "Authorization: Bearer $TOKEN" "$BASE_URL/api/v1/user/$USER_ID"

# 获取 DX 歌曲列表
curl -H "Authorization: Bearer $TOKEN" "$BASE_URL/api/v1/songs?type=dx"

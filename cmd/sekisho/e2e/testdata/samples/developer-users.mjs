const TOKEN = 'your_token_here';
const BASE_URL = 'https://jietng.matsuki.work';

async function getUsers() {
  const response = await fetch(`${BASE_URL}/api/v1/users`, {
    headers: {
      'Authorization': `Bearer ${TOKEN}`
    }
  });

  const data = await response.json();
  console.log(`Total users: ${data.count}`);

  data.users.forEach(user => {
    console.log(`  - ${user.nickname} (${user.user_id})`);
  });
}

getUsers();

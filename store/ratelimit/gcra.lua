-- One request of KEYS[1]: ARGV[1] is the interval and ARGV[2] the window, in
-- microseconds. Replies whether it is allowed, and by how much the key is ahead.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local interval, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local tat = tonumber(redis.call('GET', KEYS[1]) or '') or now
tat = math.min(math.max(tat, now), now + window)
if tat + interval > now + window then
	return {0, tat - now}
end
tat = tat + interval
redis.call('SET', KEYS[1], string.format('%.0f', tat), 'PX', math.ceil((tat - now) / 1000))
return {1, tat - now}

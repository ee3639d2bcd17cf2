-- Sends a body, or a GET without one, with each of the credentials in a file in turn,
-- and the headers that the libSQL client for JavaScript sends.
local requests, at = {}, 0

local function headers(credential)
  return {
    ["Authorization"] = "Bearer " .. credential, ["Content-Type"] = "application/json", ["User-Agent"] = "node",
    ["Accept"] = "*/*", ["Accept-Language"] = "*", ["Accept-Encoding"] = "gzip, deflate", ["Sec-Fetch-Mode"] = "cors",
  }
end

function init(args)
  local body = args[2] ~= "" and args[2] or nil
  local method = body and "POST" or "GET"
  for credential in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format(method, nil, headers(credential), body)
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format('{"Requests":%d,"Microseconds":%d,"Failed":%d,"P50":%d,"P99":%d}\n',
    summary.requests, summary.duration, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50), latency:percentile(99)))
end

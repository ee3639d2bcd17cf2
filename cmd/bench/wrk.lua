-- Sends a body, or a GET without one, with each of the credentials in a file in turn.
local requests, at = {}, 0

function init(args)
  local body = args[2] ~= "" and args[2] or nil
  local method = body and "POST" or "GET"
  for credential in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format(method, nil, {["Authorization"] = "Bearer " .. credential}, body)
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary)
  local e = summary.errors
  io.write(string.format('{"Requests":%d,"Microseconds":%d,"Failed":%d}\n',
    summary.requests, summary.duration, e.connect + e.read + e.write + e.status + e.timeout))
end

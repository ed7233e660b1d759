-- Sends the requests of a file in turn, which are written there as they go over the wire, a NUL between them.
local requests, sent, threads = {}, 0, {}
wrong = 0 -- answers that tell of errors

function setup(thread)
  threads[#threads + 1] = thread
end

function init(args)
  local file = assert(io.open(args[1], "rb"))
  for one in file:read("*a"):gmatch("%Z+") do
    requests[#requests + 1] = one
  end
  file:close()
end

function request()
  sent = sent % #requests + 1
  return requests[sent]
end

function response(status, headers, body)
  if body:find('"errors":', 1, true) then
    wrong = wrong + 1
  end
end

-- The last line: how many were answered, in how long, the median and the 99th percentile (all µs), how many failed.
function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  for _, thread in ipairs(threads) do
    failed = failed + thread:get("wrong")
  end
  print(string.format("%d %d %d %d %d", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), failed))
end

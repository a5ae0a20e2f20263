-- wrk: every request posts one event (page = thread, n = 1, 2, ...), and which were answered 2xx is written down.
--
--   wrk -t8 -c8 -d13s -s numbered.lua http://127.0.0.1:8000/e -- OUT SECONDS
--
-- As many connections as threads: then a thread has one request in flight, and an answer belongs to the last request.
-- After SECONDS no request is sent any more, so that none is in flight when wrk cuts its connections.
-- OUT gets a line for each thread: its page, how many it sent, and the n of those that were answered 2xx.

local threads = {}

function setup(thread)
  thread:set("page", "t" .. #threads)
  table.insert(threads, thread)
end

function init(args)
  out, quiet = args[1], os.time() + tonumber(args[2])
  sent, answered = 0, {}
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/x-ndjson"
end

function delay()
  if os.time() < quiet then return 0 end
  return 3600 * 1000
end

function request()
  sent = sent + 1
  return wrk.format(nil, nil, nil, '{"uid":"wrk","page":"' .. page .. '","n":' .. sent .. ',"kind":"load"}')
end

function response(status)
  if status >= 200 and status < 300 then answered[#answered + 1] = sent end
end

function done()
  local file = assert(io.open(threads[1]:get("out"), "w"))
  for _, thread in ipairs(threads) do
    file:write(thread:get("page"), " ", thread:get("sent"), " ", table.concat(thread:get("answered"), ","), "\n")
  end
  file:close()
end

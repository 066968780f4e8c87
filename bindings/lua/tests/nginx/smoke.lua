-- What the tests ask of nginx: each path is a function that gives a table, or nil and an error.
local rebalance = require "emqx_rebalance"
local cosocket = require "emqx_rebalance.ngx_cosocket"
local nginx = require "emqx_rebalance.nginx"
local resty_http = require "emqx_rebalance.resty_http"

local smoke, paths = {}, {}

local urls = {}
for url in os.getenv("EMQX_URL"):gmatch("[^,]+") do
  urls[#urls + 1] = url
end
local hung = { urls = { os.getenv("HUNG_URL") }, request_timeout_s = 3 }

local strategy = {
  mode = "level", conn_evict_rate = 300, wait_health_check = 1, wait_takeover = 1,
}

-- What was made before the fork.
local inherited

function smoke.init()
  inherited = { cluster = assert(nginx.cluster { urls = urls }) }
  inherited.job = assert(inherited.cluster:job("snapshot"))
end

function paths.fast()
  return { pid = ngx.worker.pid() }
end

-- A cluster of the master works in the worker, by a thread of the worker's own.
function paths.inherited_cluster()
  return inherited.cluster:snapshot()
end

-- A job of the master gives an error in the worker.
function paths.inherited_job()
  local _, value, err = inherited.job:poll()
  return value, err
end

function paths.hung()
  return assert(nginx.cluster(hung)):snapshot()
end

-- By a cosocket: from the plan to the verdict, driven in timers.
function paths.carried()
  local cluster = assert(rebalance.cluster { urls = urls, http = cosocket.new() })
  local plan = assert(cluster:plan(strategy))
  local saved
  local run = assert(cluster:start(plan, {
    poll_interval_ms = 200,
    save = function(state)
      saved = state
    end,
  }))
  assert(run:status().phase == "Processing" and not run:poll())
  local outcome, err = run:wait(60)
  assert(not outcome or saved)
  return outcome, err
end

function paths.carried_hung()
  local cluster = assert(rebalance.cluster {
    urls = hung.urls, request_timeout_s = hung.request_timeout_s, http = cosocket.new(),
  })
  return cluster:snapshot()
end

-- A stand-in with the interface of lua-resty-http, which Debian does not have.
local function new_client()
  local client = {}
  function client:set_timeout(ms)
    self.timeout_ms = ms
  end
  function client:request_uri(url, asked)
    assert(asked.ssl_verify)
    local response, kind = cosocket.send {
      url = url, method = asked.method, headers = asked.headers, body = asked.body,
      timeout_ms = self.timeout_ms,
    }
    return response, kind
  end
  return client
end

function paths.resty()
  local http = resty_http.new({ ssl_verify = true }, { new = new_client })
  return assert(rebalance.cluster { urls = urls, http = http }):status()
end

-- The kinds of what lua-resty-http and those under it say.
function paths.resty_kinds()
  local kinds = {}
  for i, said in ipairs {
    "timeout",
    "emqx.example could not be resolved (3: Host not found)",
    "18: self-signed certificate",
    "connection reset by peer",
    "couldn't parse HTTP version from response status line: x",
  } do
    local client = {
      set_timeout = function() end,
      request_uri = function()
        return nil, said
      end,
    }
    local http = resty_http.new({}, { new = function() return client end })
    kinds[i] = select(2, http.send {})
  end
  return kinds
end

-- Answers with the JSON of what the path's function gives.
function smoke.serve()
  local value, err = paths[ngx.var.uri:sub(2)]()
  ngx.status = value and 200 or 500
  ngx.say(rebalance.to_json(value or err))
end

return smoke

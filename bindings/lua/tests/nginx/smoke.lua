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

-- The short example of the documentation: a run that this worker let go of is taken up from its state, as
-- after a reload, and driven to its verdict.
function paths.short_example()
  local dict = ngx.shared.rebalance
  local cluster = rebalance.assert(rebalance.cluster { urls = urls, http = cosocket.new() })
  local node = rebalance.assert(cluster:snapshot()).nodes[1].node
  local plan = rebalance.assert(cluster:plan_evacuation {
    node = node, conn_evict_rate = 50, wait_health_check = 0, wait_takeover = 0,
  })
  local run = rebalance.assert(cluster:start_evacuation(plan, {
    poll_interval_ms = 200,
    save = function(state)
      dict:set("state", state)
    end,
  }))
  for event in run:watch_events() do
    if event.type == "started" then
      run:leave()
    end
  end
  local _, _, err = run:poll()
  require("nginx_level").watch()
  for _ = 1, 600 do
    if not dict:get("state") then
      local left = rebalance.assert(cluster:snapshot()).nodes[1].connections
      return { first = err.kind, left = left, then_drives = dict:get("driver") or "nobody" }
    end
    ngx.sleep(0.1)
  end
  return nil, { message = "the state is still there" }
end

-- A stand-in with the interface of lua-resty-http, which Debian does not have. As there, `request_uri` asks
-- by `request`, and then reads the body.
local Client = {}
Client.__index = Client

function Client:set_timeout(ms)
  self.timeout_ms = ms
end

function Client:request(asked)
  return cosocket.send {
    url = asked.url, method = asked.method, headers = asked.headers, body = asked.body,
    timeout_ms = self.timeout_ms,
  }
end

function Client:request_uri(url, asked)
  assert(asked.ssl_verify)
  asked.url = url
  return self:request(asked)
end

local function new_client()
  return setmetatable({}, Client)
end

function paths.resty()
  local http = resty_http.new({ ssl_verify = true }, { new = new_client })
  return assert(rebalance.cluster { urls = urls, http = http }):status()
end

-- What is made of an error that lua-resty-http says, of the body if an answer has come.
local function fails(said, has_answer)
  local client = {
    set_timeout = function() end,
    request = function()
      return has_answer and { status = 200 } or nil, not has_answer and said or nil
    end,
    request_uri = function(self)
      local response, err = self:request()
      return nil, response and said or err
    end,
  }
  return resty_http.new({}, { new = function() return client end }).send {}
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
    kinds[i] = select(2, fails(said))
  end
  return kinds
end

-- A connection that is closed before the answer, and in its body; a body that does not come to an end.
function paths.resty_cut_off()
  local _, kind, said = fails "closed"
  local _, body_kind, body_said = fails("closed", true)
  return { kind, said, body_kind, body_said, (select(2, fails("timeout", true))) }
end

-- The same by a cosocket, of an answer that says that it is longer than it is.
function paths.cut_off()
  local url = "http://127.0.0.1:" .. os.getenv("CUT_OFF_PORT") .. "/"
  local _, kind, said = cosocket.send { method = "GET", url = url, headers = {}, timeout_ms = 5000 }
  return { kind, said }
end

-- Answers with the JSON of what the path's function gives.
function smoke.serve()
  local value, err = paths[ngx.var.uri:sub(2)]()
  ngx.status = value and 200 or 500
  ngx.say(rebalance.to_json(value or err))
end

return smoke

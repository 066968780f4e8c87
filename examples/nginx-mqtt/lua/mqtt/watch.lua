--- Keeps an eye on the nodes, in one worker: EMQX's counts, and whether each MQTT port is open. Each by
--- a timer of its own, so that an API that hangs does not keep anybody from seeing a dead node.
local cosocket = require "emqx_rebalance.ngx_cosocket"
local nodes = require "mqtt.nodes"
local probe = require "mqtt.probe"
local rebalance = require "emqx_rebalance"

local watch = {}

local ASK_EVERY_S, PROBE_EVERY_S = 1, 1

-- URL, key and secret come from EMQX_URL, EMQX_API_KEY and EMQX_API_SECRET, or its file.
local secret_file = os.getenv("EMQX_API_SECRET_FILE")
local cluster = rebalance.assert(rebalance.cluster {
  http = cosocket.new(),
  api_key = secret_file and os.getenv("EMQX_API_KEY"),
  api_secret_file = secret_file,
  request_timeout_s = 3,
})

local is_answering = true

-- Says once that EMQX answers no more, and once that it does again.
local function report(err)
  if is_answering ~= (err == nil) then
    is_answering = err == nil
    local news = is_answering and "answers again" or "does not answer: " .. tostring(err)
    ngx.log(ngx.WARN, "EMQX's API ", news)
  end
end

-- The names that were said to be unknown.
local said_unknown = ""

-- Says once which names of MQTT_NODES EMQX does not know, and what it calls its nodes.
local function report_unknown(unknown, snapshot)
  local names = table.concat(unknown, ", ")
  if names ~= said_unknown and names ~= "" then
    local known = {}
    for i, node in ipairs(snapshot.nodes) do
      known[i] = node.node
    end
    local text = "MQTT_NODES: EMQX does not know %s; it calls its nodes %s"
    ngx.log(ngx.WARN, text:format(names, table.concat(known, ", ")))
  end
  said_unknown = names
end

local function ask()
  local sent = nodes.sent()
  local snapshot, err = cluster:snapshot()
  if snapshot then
    report_unknown(nodes.keep(snapshot, sent), snapshot)
  end
  report(err)
end

local function probe_all()
  local probes = {}
  for i, place in ipairs(nodes.places) do
    probes[i] = ngx.thread.spawn(probe.try, place)
  end
  for _, thread in ipairs(probes) do
    ngx.thread.wait(thread)
  end
end

-- Does `work` again and again while this worker lives.
local function every(seconds, work)
  local function tick(is_premature)
    if is_premature then
      return
    end
    local ok, err = pcall(work)
    if not ok then
      ngx.log(ngx.ERR, err)
    end
    ngx.timer.at(seconds, tick)
  end
  assert(ngx.timer.at(0, tick))
end

--- Begins to watch. For init_worker_by_lua; all workers but the first do nothing.
function watch.begin()
  if ngx.worker.id() == 0 then
    every(ASK_EVERY_S, ask)
    every(PROBE_EVERY_S, probe_all)
  end
end

return watch

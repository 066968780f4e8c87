-- The HTTP of the caller: conversations carried by hand, by a client that plays EMQX's recorded part.
local check = require "check"
local rebalance = require "emqx_rebalance"

local NODES = [=[[{"node":"a@h","live_connections":%d,"connections":%d,"cluster_sessions":900,"node_status":"running",
  "version":"5.8.8","role":"core","max_fds":1048576,"edition":"Enterprise"},
 {"node":"b@h","live_connections":%d,"connections":%d,"cluster_sessions":900,"node_status":"running",
  "version":"5.8.8","role":"core","max_fds":1048576,"edition":"Enterprise"}]]=]

-- A client that answers by itself. It has a clock of its own, which only sleep moves.
local function new_http(answers)
  local http = { clock = 1000, sent = {} }
  function http.now()
    return http.clock
  end
  function http.sleep(seconds)
    http.clock = http.clock + math.max(seconds, 0.001)
  end
  function http.send(request)
    http.sent[#http.sent + 1] = request
    for path, found in pairs(answers) do
      if request.url:find(path, 1, true) then
        if type(found) == "function" then
          return found(request)
        end
        return { status = 200, body = found }
      end
    end
    return nil, "unreachable", "no route"
  end
  return http
end

local function healthy(left, right)
  return {
    ["/api/v5/status"] = "Node a@h is started\nemqx is running",
    ["/api/v5/nodes"] = NODES:format(left, left, right, right),
    ["/api/v5/load_rebalance/global_status"] = '{"evacuations":[],"purges":[],"rebalances":[]}',
  }
end

local function cluster(http)
  return assert(rebalance.cluster {
    url = "http://emqx:18083", api_key = "k", api_secret = "hunter2", http = http,
  })
end

return function(test)
  test("a call is carried by the caller", function()
    local http = new_http(healthy(900, 0))
    local snapshot = assert(cluster(http):snapshot())
    check.equal(snapshot.nodes[1].connections, 900)
    check.equal(http.sent[1].method, "GET")
    check.contains(http.sent[1].headers.authorization, "Basic ")
    local plan = assert(cluster(http):plan { mode = "level" })
    check.equal(plan.fingerprint.made_at_ms, 1000 * 1000)
  end)

  test("a job is carried by whoever polls", function()
    local http = new_http(healthy(900, 0))
    local job = assert(cluster(http):job("snapshot"))
    check.equal(#http.sent, 0)
    local polls = 0
    repeat
      polls = polls + 1
      local is_over = job:poll()
    until is_over or polls > 20
    check.equal({ job:poll() }, { true, (job:wait()) })
    check.equal(#job:wait().nodes, 2)
  end)

  test("failures are those of the core, and hold no secret", function()
    local http = new_http {}
    local err = check.refused("unreachable", cluster(http):status())
    check.contains(err, "no route")
    assert(#http.sent > 1, "it is asked again")
    http = new_http { ["/api"] = function() return nil, "timeout", "too slow" end }
    check.refused("timeout", cluster(http):status())
    http = new_http { ["/api"] = function() return { status = 401, body = '{"code":"BAD_API_KEY_OR_SECRET"}' } end }
    err = check.refused("unauthorized", cluster(http):status())
    assert(not rebalance.to_json(err):find("hunter2", 1, true))
    http = new_http { ["/api"] = function() return { status = 200, body = "\255\254" } end }
    check.refused("protocol", cluster(http):snapshot())
  end)

  test("what is level already is a verdict without a start, and the state is saved before requests", function()
    local http = new_http(healthy(450, 450))
    local emqx = cluster(http)
    local plan = assert(emqx:plan { mode = "level" })
    check.equal(plan.decision, "nothing_to_balance")
    local run = assert(emqx:start(plan))
    check.equal(assert(run:wait(60)).result, "already_balanced")
    check.equal({ run:poll() }, { true, (run:wait()) })
    local events = {}
    for event in run:watch_events() do
      events[#events + 1] = event.type
    end
    check.equal(events, { "ended" })
    check.contains(assert(run:report()), "<!DOCTYPE html>")
  end)

  test("a refused start is the verdict, and its state was saved before", function()
    local answers, saved = healthy(9000, 0), {}
    local http = new_http(answers)
    answers["/start"] = function()
      assert(#saved > 0, "nothing was saved before the start")
      return { status = 400, body = '{"code":"BAD_REQUEST","message":"[{unavailable_nodes,[b@h]}]"}' }
    end
    local emqx = cluster(http)
    local plan = assert(emqx:plan { conn_evict_rate = 10 })
    local run = assert(emqx:start(plan, {
      save = function(state)
        saved[#saved + 1] = state
      end,
    }))
    check.equal(run:status().phase, "Processing")
    local last
    for status in run:watch() do
      last = status
    end
    check.equal(last.outcome.result, "refused")
    check.equal(assert(run:wait(600)).result, "refused")
    check.equal(run:record().outcome.result, "refused")
    assert(rebalance.from_json(saved[#saved]))
  end)

  test("a run that cannot find its cluster ends with the error, but a resumed one looks on", function()
    local http = new_http(healthy(9000, 0))
    local plan = assert(cluster(http):plan { conn_evict_rate = 10 })
    local state = assert(cluster(http):start(plan)):state()
    local gone = new_http {}
    local run = assert(cluster(gone):start(plan))
    check.refused("unreachable", run:wait(60))
    check.refused("unreachable", run:status())
    local answers = {}
    local back = new_http(answers)
    local resumed = assert(cluster(back):resume(state))
    check.refused("timeout", resumed:wait(60))
    for path, body in pairs(healthy(4500, 4500)) do
      answers[path] = body
    end
    check.equal(assert(resumed:wait(600)).result, "completed")
  end)

  -- A client that goes on by itself, when it is told to.
  local function in_background(http)
    http.background = function(work)
      http.work = work
    end
    return http
  end

  test("work in the background ends with the process, or with an error of the caller", function()
    local http = in_background(new_http(healthy(9000, 0)))
    local plan = assert(cluster(http):plan { conn_evict_rate = 10 })
    http.is_ending = function()
      return true
    end
    local run = assert(cluster(http):start(plan))
    check.equal({ run:poll() }, { false })
    check.equal(http.work(), true)
    check.refused("conflict", run:wait())
    run = assert(cluster(http):start(plan, {
      save = function()
        error("disk full")
      end,
    }))
    http.is_ending = nil
    check.equal(http.work(), true)
    check.contains(check.refused("config_invalid", run:wait()).message, "disk full")
  end)

  test("a run that is handed over while its state is saved sends nothing more", function()
    local http = new_http(healthy(9000, 0))
    local plan = assert(cluster(http):plan { conn_evict_rate = 10 })
    local run, sent
    run = assert(cluster(http):start(plan, {
      save = function()
        run:detach()
        sent = #http.sent
      end,
    }))
    check.refused("conflict", run:wait(600))
    check.equal(#http.sent, sent)
  end)

  test("a driver says what to send", function()
    local plan = assert(rebalance.plan { snapshot = { nodes = {
      { node = "a@h", connections = 9000 }, { node = "b@h" },
    } } })
    local driver = assert(rebalance.driver(plan, { cluster = { url = "http://emqx:18083" }, who = "me" }))
    local step = assert(driver:step(0))
    check.equal(step.requests[1].url, "http://emqx:18083/api/v5/status")
    check.equal(step.events, {})
    check.contains(driver:state(), '"who":"me"')
    -- Asked again after a pause, which has not passed yet.
    local failed = { id = step.requests[1].id, error = { kind = "unreachable" } }
    check.equal(#assert(driver:step(3000, { answers = { failed } })).requests, 0)
    check.refused("config_invalid", driver:step(3000, { answers = 7 }))
  end)

  test("a cluster that is closed sends nothing", function()
    local http = new_http(healthy(900, 0))
    local emqx = cluster(http)
    assert(emqx:close())
    check.refused("conflict", emqx:snapshot())
    check.equal(#http.sent, 0)
  end)

  test("misuse raises", function()
    check.raises("http.send: function expected", rebalance.cluster, { http = {} })
    check.raises("http: table expected, got string", rebalance.cluster, { http = "x" })
    check.raises("sleep: function expected", rebalance.cluster, { sleep = 7 })
    local emqx = cluster(new_http {})
    check.raises("state_file: with this transport it is save", emqx.start, emqx, {}, { state_file = "x" })
    check.raises("save: function expected", emqx.start, emqx, {}, { save = 7 })
    local config = { url = "http://h", ca_cert = "x", http = new_http {} }
    check.refused("config_invalid", rebalance.cluster(config))
  end)
end

-- The built-in transport, against the embedded cluster of EMQX_URL.
local check = require "check"
local rebalance = require "emqx_rebalance"

local URLS, SECRET = {}, os.getenv("EMQX_API_SECRET")
for url in os.getenv("EMQX_URL"):gmatch("[^,]+") do
  URLS[#URLS + 1] = url
end
local HUNG = os.getenv("HUNG_URL")

-- A plan that is over in seconds, whatever the cluster holds.
local function quick(mode)
  return {
    mode = mode, conn_evict_rate = 300, wait_health_check = 1, wait_takeover = 1,
    abs_conn_threshold = 1, rel_conn_threshold = 1.001, abs_sess_threshold = 1,
  }
end

local function cluster(options)
  local config = { urls = URLS }
  for name, value in pairs(options or {}) do
    config[name] = value
  end
  return assert(rebalance.cluster(config))
end

local function connections(snapshot)
  local all = 0
  for _, node in ipairs(snapshot.nodes) do
    all = all + node.connections
  end
  return all
end

-- That whoever watches a run sees how far it is, up to the verdict, and then all that happened.
local function look_on(run)
  local moved, last = -1, nil
  for status in run:watch() do
    assert(status.progress.moved >= moved, "what was moved is moved")
    moved, last = status.progress.moved, status
  end
  check.equal(last.outcome.result, "completed")
  local types = {}
  for event in run:watch_events() do
    types[#types + 1] = event.type
  end
  check.equal({ types[1], types[#types] }, { "starting", "ended" })
  check.equal(#assert(run:events()), 0, "nothing is told twice")
end

-- That a run and its record have the command's page.
local function check_reports(run)
  local record = assert(run:record())
  check.equal(record.outcome.result, "completed")
  local page = assert(run:report { title = "A & B", made_at = "today" })
  for _, part in ipairs { "<!DOCTYPE html>", "A &amp; B", "today", "completed", record.nodes[1].node } do
    check.contains(page, part)
  end
  -- A record from a file has no more than its end.
  local stored = assert(rebalance.record(assert(rebalance.to_json(record))))
  check.contains(assert(stored:report()), "Rebalance of 3 nodes")
  check.contains(check.refused("config_invalid", stored:report { colour = "red" }).message, "colour")
end

-- One rebalance from the plan to the verdict.
local function journey()
  local emqx = cluster()
  local plan = assert(emqx:plan(quick "level"))
  check.equal(plan.decision, "start")
  local run = assert(emqx:start(plan, { poll_interval_ms = 200, who = "cluster_spec" }))
  -- A run goes on even if its cluster is closed.
  assert(emqx:close())
  emqx = cluster()
  local state = assert(run:state())
  check.contains(state, "cluster_spec")
  look_on(run)
  local outcome = assert(run:wait(60))
  check.equal(outcome.result, "completed", outcome.detail)
  check.equal({ run:poll() }, { true, outcome })
  check.equal(run:status().phase, "Completed")
  check_reports(run)
  for _, node in ipairs(assert(emqx:snapshot()).nodes) do
    check.near(node.connections, 200, 4, node.node)
  end
  return state
end

return function(test)
  test("a snapshot and a status are asked for", function()
    local emqx = cluster()
    local snapshot = assert(emqx:snapshot())
    check.equal(#snapshot.nodes, #URLS)
    check.equal(connections(snapshot), 600)
    check.equal(assert(emqx:status()).runs, {})
  end)

  test("every call has a job", function()
    local emqx = cluster()
    local jobs = { assert(emqx:job("snapshot")), assert(emqx:job("plan", quick "single")) }
    check.equal(#assert(jobs[1]:wait(20)).nodes, #URLS)
    check.equal(assert(jobs[2]:wait(20)).mode, "single")
    local is_over, plan = jobs[2]:poll()
    check.equal(is_over, true)
    check.equal(plan.mode, "single")
  end)

  test("whoever has a sleep of his own waits by it", function()
    local naps = 0
    local emqx = cluster {
      sleep = function(seconds)
        assert(seconds > 0 and seconds <= 0.05)
        naps = naps + 1
        os.execute("sleep " .. seconds)
      end,
    }
    check.equal(#assert(emqx:snapshot()).nodes, #URLS)
    assert(naps > 0)
  end)

  test("a plan is driven to its verdict, which its state knows", function()
    local state = journey()
    local again = assert(cluster():resume(state))
    local outcome = assert(again:wait(90))
    assert(outcome.result == "completed" or outcome.result == "already_balanced", outcome.detail)
  end)

  test("an evacuation is stopped, and the node serves again", function()
    local emqx = cluster()
    local node = assert(emqx:snapshot()).nodes[1].node
    local plan = assert(emqx:plan_evacuation { node = node, conn_evict_rate = 1 })
    local run = assert(emqx:evacuate(plan, { poll_interval_ms = 200 }))
    check.eventually("the evacuation", function()
      return assert(emqx:snapshot()).nodes[1].status == "evacuating"
    end)
    assert(run:stop())
    check.equal(assert(run:wait(60)).result, "stopped")
    check.equal(emqx:stop_evacuation(node), false)
  end)

  test("a run that nobody holds goes on, and a state file tells its end", function()
    local emqx, file = cluster(), os.tmpname()
    local node = assert(emqx:snapshot()).nodes[1].node
    local plan = assert(emqx:plan_evacuation { node = node, conn_evict_rate = 300, wait_health_check = 0 })
    assert(emqx:evacuate(plan, { poll_interval_ms = 200, state_file = file }))
    collectgarbage()
    collectgarbage()
    check.eventually("the empty node", function()
      return assert(emqx:snapshot()).nodes[1].connections == 0
    end)
    check.contains(check.file(file), node)
    check.equal(emqx:stop_evacuation(node), true)
    os.remove(file)
  end)

  -- Where nobody ever answers: whoever waited would wait for minutes.
  local function hung_run()
    local plan = assert(rebalance.plan { snapshot = { nodes = {
      { node = "a@h", connections = 9000 }, { node = "b@h" },
    } } })
    return assert(cluster({ urls = { HUNG }, request_timeout_s = 3600 }):start(plan))
  end

  test("a start, and a look at a run, wait for nothing", function()
    local run = hung_run()
    check.equal(assert(run:status()).phase, "Processing")
    check.equal({ run:poll() }, { false })
    check.equal(check.refused("timeout", run:wait(0)).retryable, true)
    check.equal(assert(run:events()), {})
  end)

  test("a run is handed over to another process", function()
    local run = hung_run()
    assert(run:detach())
    -- At once: whoever resumes its state is the only one.
    local is_over, outcome, why = run:poll()
    check.equal(is_over, true)
    local err = check.refused("conflict", outcome, why)
    check.contains(err.message, "resume its state")
    assert(rebalance.from_json(assert(run:state())))
  end)

  test("a cluster that is closed answers nothing more", function()
    local emqx = cluster()
    assert(emqx:snapshot())
    assert(emqx:close())
    for _, name in ipairs { "snapshot", "status", "stop" } do
      check.contains(check.refused("conflict", emqx[name](emqx)).message, "closed")
    end
    check.refused("conflict", emqx:start {})
    check.refused("conflict", emqx:resume "{}")
    assert(emqx:close(), "twice is as good as once")
  end)

  test("a cluster is closed at the end of its block, in Lua 5.4", function()
    local chunk = (rawget(_G, "loadstring") or load)("local c <close> = ...; return 1")
    local emqx = cluster()
    if chunk then
      chunk(emqx)
      check.refused("conflict", emqx:snapshot())
    end
  end)

  test("what has two names is one", function()
    local emqx = cluster()
    check.equal(emqx.evacuate, emqx.start_evacuation)
    local run = hung_run()
    check.equal(run.leave, run.detach)
    assert(run:leave())
    check.refused("conflict", run:wait())
  end)

  test("one plan stops another's runs", function()
    local emqx = cluster()
    check.equal(assert(emqx:stop()), {})
    check.refused("unknown_node", emqx:stop("nobody@nowhere"))
    check.refused("config_invalid", emqx:stop("a b"))
  end)

  test("what cannot be reached says so, and where nobody answers it takes no longer than asked", function()
    local closed = cluster { urls = { "http://127.0.0.1:1" } }
    local err = check.refused("unreachable", closed:snapshot())
    check.equal(err.retryable, true)
    local job = assert(cluster({ urls = { HUNG }, request_timeout_s = 3600 }):job("status"))
    check.equal({ job:poll() }, { false })
    check.refused("timeout", job:wait(0.01))
    check.refused("timeout", cluster({ urls = { HUNG }, request_timeout_s = 0.2 }):snapshot())
  end)

  test("a run that cannot connect ends with the error", function()
    local plan = assert(rebalance.plan { snapshot = { nodes = {
      { node = "a@h", connections = 9000 }, { node = "b@h" },
    } } })
    local run = assert(cluster({ urls = { "http://127.0.0.1:1" } }):start(plan))
    check.refused("unreachable", run:wait(20))
    check.refused("unreachable", run:status())
  end)

  test("a bad secret is refused, and no text holds a secret", function()
    local emqx = cluster { api_key = "key", api_secret = "hunter2-hunter2" }
    local err = check.refused("unauthorized", emqx:snapshot())
    local shown = { tostring(emqx), tostring(err), assert(rebalance.to_json(err)) }
    for _, value in pairs(emqx) do
      shown[#shown + 1] = tostring(value)
    end
    for _, text in ipairs(shown) do
      assert(not text:find("hunter2", 1, true), text)
      assert(not text:find(SECRET, 1, true), text)
    end
  end)

  test("bad configurations are refused", function()
    for field, config in pairs {
      url = { url = 7 },
      colour = { colour = "red" },
      api_secret_file = { api_key = "k", api_secret_file = "/nonexistent" },
      request_timeout_s = { request_timeout_s = 0 },
      username = { api_key = "k", api_secret = "s", username = "u" },
    } do
      local err = check.refused("config_invalid", rebalance.cluster(config))
      check.contains(err.message, field)
    end
  end)

  test("misuse of clusters raises", function()
    local emqx = cluster()
    check.raises("bad argument #1 to 'plan' (table expected, got nil)", emqx.plan, emqx)
    check.raises("bad argument #1 to 'stop' (string? expected, got table)", emqx.stop, emqx, {})
    check.raises("no call is named 'fly'", emqx.job, emqx, "fly")
    check.raises("bad argument #2 to 'job' (table expected", emqx.job, emqx, "plan", 7)
    check.raises("bad argument #1 to 'start' (table expected", emqx.start, emqx)
    check.raises("state_file: string expected", emqx.start, emqx, {}, { state_file = 7 })
    check.raises("bad argument #1 to 'resume' (string expected", emqx.resume, emqx, {})
    check.refused("config_invalid", emqx:start {})
    check.refused("config_invalid", emqx:plan { snapshot = { nodes = { { node = "a@h" } } } })
    check.refused("config_invalid", emqx:resume "{}")
  end)

  test("a program may end while calls and runs are on their way", function()
    local program = ([[%s -e 'local r = require "emqx_rebalance"
      local c = r.cluster { urls = { "%s" } }
      for _ = 1, 20 do c:job("snapshot") end']]):format(os.getenv("LUA"), HUNG)
    for _ = 1, 5 do
      local status = os.execute(program)
      assert(status == true or status == 0, "the program crashed")
    end
  end)

  test("calls without an answer are not piled up for ever", function()
    local hung, err = cluster { urls = { HUNG } }, nil
    for _ = 1, 300 do
      local _, refusal = hung:job("status")
      err = err or refusal
    end
    check.refused("unreachable", nil, err)
    check.equal(#assert(cluster():snapshot()).nodes, #URLS, "another cluster does not mind")
  end)
end

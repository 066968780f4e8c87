-- Every public function is fed garbage of every type, in each argument. It answers with an error that names
-- field, value and bound, or raises a text that names the argument; nothing else.
local check = require "check"
local rebalance = require "emqx_rebalance"

local NODES = { { node = "a@h", connections = 9000 }, { node = "b@h" } }

local endless = {}
endless.self = endless
local deep = {}
for _ = 1, 10000 do
  deep = { deep }
end

-- Name and value. What is left out of a call is `nil`.
local GARBAGE = {
  { "nil", nil },
  { "true", true },
  { "false", false },
  { "zero", 0 },
  { "a negative number", -1 },
  { "a fraction", 1.5 },
  { "a large number", 2 ^ 60 },
  { "infinity", math.huge },
  { "no number", 0 / 0 },
  { "an empty text", "" },
  { "a text", "ftp://x" },
  { "bytes", "\255\0" },
  { "an empty table", {} },
  { "a list", { 1, "x" } },
  { "a list with a hole", { 1, nil, 3 } },
  { "an object", { colour = "red" } },
  { "an object of an object", { plan = { version = 1, nodes = 7 } } },
  { "a table in itself", endless },
  { "a deep table", deep },
  { "a table of functions", { nodes = print, url = print } },
  { "a function", print },
  { "a thread", coroutine.create(function() end) },
  { "a userdata", io.stdout },
  { "null", rebalance.null },
}

-- A client that nobody answers. Its clock is moved by sleep alone.
local function http()
  local clock = 1000
  return {
    send = function()
      return nil, "unreachable", "nobody is there"
    end,
    now = function()
      return clock
    end,
    sleep = function(seconds)
      clock = clock + math.max(seconds, 0.001)
    end,
  }
end

local function cluster()
  return assert(rebalance.cluster { url = "http://127.0.0.1:1", http = http() })
end

local function plan()
  return assert(rebalance.plan { snapshot = { nodes = NODES } })
end

local function run()
  return assert(cluster():start(plan()))
end

local function talk()
  return assert(rebalance.sansio { url = "http://h" }):snapshot()
end

local function driver()
  return assert(rebalance.driver(plan(), { cluster = { url = "http://h" } }))
end

-- A method of what `make` makes.
local function method(make, name)
  return function(...)
    local object = make()
    return object[name](object, ...)
  end
end

-- What is called, with good arguments, each of which in turn becomes garbage. Then the errors beside
-- those of bad input that it may come to, and how many arguments there are if not all are given.
local CALLS = {
  { "plan", rebalance.plan, { { snapshot = { nodes = NODES } } } },
  { "plan_evacuation", rebalance.plan_evacuation, { { snapshot = { nodes = NODES }, node = "a@h" } } },
  { "status", rebalance.status, { "{}" } },
  { "record", rebalance.record, { "{}" } },
  { "from_json", rebalance.from_json, { "{}" } },
  { "to_json", rebalance.to_json, { {} } },
  { "array", function(value) return rebalance.array(value) end, { {} } },
  { "cluster", rebalance.cluster, { { url = "http://h" } } },
  { "sansio", rebalance.sansio, { { url = "http://h" } } },
  { "driver", rebalance.driver, { plan(), { cluster = { url = "http://h" } } } },
  { "job", method(cluster, "job"), { "plan", {} } },
  { "cluster:plan", method(cluster, "plan"), { {} }, "unreachable" },
  { "cluster:plan_evacuation", method(cluster, "plan_evacuation"), { { node = "a@h" } }, "unreachable" },
  { "cluster:snapshot", method(cluster, "snapshot"), { nil }, "unreachable", 1 },
  { "cluster:status", method(cluster, "status"), { nil }, "unreachable", 1 },
  { "cluster:stop", method(cluster, "stop"), { "a@h" }, "unreachable" },
  { "cluster:stop_evacuation", method(cluster, "stop_evacuation"), { "a@h" }, "unreachable" },
  { "cluster:start", method(cluster, "start"), { plan(), { who = "me" } } },
  { "cluster:start_evacuation", method(cluster, "start_evacuation"), { plan(), { who = "me" } } },
  { "cluster:resume", method(cluster, "resume"), { run():state(), {} } },
  { "run:wait", method(run, "wait"), { 0 }, "timeout unreachable" },
  { "run:report", method(run, "report"), { { title = "x" } } },
  { "talk:step", method(talk, "step"), { 0, {} } },
  { "driver:step", method(driver, "step"), { 0, { answers = {} } }, "timeout" },
}

-- That a call which gave `value` and `err` has answered well.
local function check_answer(value, err, kinds)
  if value ~= nil then
    check.equal(err, nil, "an error beside a value")
  elseif err == nil then
    return
  elseif err.kind == "config_invalid" then
    assert(#err.problems > 0, "no problem is named")
    for _, problem in ipairs(err.problems) do
      for _, part in ipairs { "field", "value", "bound" } do
        check.equal(type(problem[part]), "string", part)
      end
      check.contains(err.message, problem.field)
    end
  else
    assert(("unknown_node conflict " .. (kinds or "")):find(err.kind, 1, true), tostring(err))
  end
end

-- That `call` with garbage at `place` answers well, or raises well.
local function feed(call, place, garbage)
  local name, func, good, kinds = call[1], call[2], call[3], call[4]
  local given = { good[1], good[2] }
  given[place] = garbage[2]
  local ok, value, err = pcall(func, given[1], given[2])
  local what = ("%s, %s as argument %d"):format(name, garbage[1], place)
  if ok then
    local well, why = pcall(check_answer, value, err, kinds)
    assert(well, ("%s: %s"):format(what, tostring(why)))
    return
  end
  assert(type(value) == "string", ("%s raised %s"):format(what, tostring(value)))
  assert(value:find("bad argument #%d to '[%w_]+' %(.+%)$"), ("%s raised %s"):format(what, value))
end

-- Configurations that can never work, and what is wrong with each.
local WRONG = {
  { { url = "ftp://x" }, "url", "ftp://x" },
  { { url = "/emqx" }, "url", "/emqx" },
  { { url = "http://h", ca_cert = "/nonexistent" }, "ca_cert", "/nonexistent" },
  { { url = "http://h", ca_cert = "run.lua" }, "ca_cert", "run.lua" },
  { { url = "http://h", ca_cert = 7 }, "ca_cert", "7" },
  { { url = "http://h", client_cert = "run.lua" }, "client_key", "absent" },
  { { url = "http://h", api_key = "k", api_secret_file = "/nonexistent" }, "api_secret_file", "/nonexistent" },
  { { url = "http://h", find_nodes = false }, "find_nodes", "false" },
  { { url = "http://h", request_timeout_s = 0 / 0 }, "request_timeout_s", "nan" },
}

return function(test)
  for _, call in ipairs(CALLS) do
    test("garbage for " .. call[1], function()
      for place = 1, call[5] or math.max(#call[3], 1) do
        for _, garbage in ipairs(GARBAGE) do
          feed(call, place, garbage)
        end
      end
    end)
  end

  -- Without the built-in transport there are no files of its own to read.
  if rebalance.cluster { url = "http://h" } then
    test("a cluster that can never work is refused when it is made", function()
      for _, wrong in ipairs(WRONG) do
        local err = check.refused("config_invalid", rebalance.cluster(wrong[1]))
        check.equal(err.problems[1].field, wrong[2], "field")
        check.contains(err.problems[1].value:lower(), wrong[3])
      end
    end)
  end

  test("no number is no time to wait, and one that has passed is none", function()
    local waiting = run()
    check.raises("bad argument #1 to 'wait' (a number of seconds expected, got nan)", waiting.wait, waiting, 0 / 0)
    check.refused("timeout", waiting:wait(-1))
  end)
end

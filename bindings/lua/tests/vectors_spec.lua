-- Every case of tests/vectors, which an independent program made.
local check = require "check"
local rebalance = require "emqx_rebalance"

local function each(name, list, expected, field, within)
  for _, node in ipairs(list) do
    check.near(node[field], expected[node.node], within, name .. ": " .. node.node)
  end
end

local function forecast(name, found, expect)
  check.equal(found.conn_evict_s, expect.conn_evict_ticks, name)
  check.equal(found.disconnects, expect.disconnects, name)
  check.equal(found.sess_evict_s, expect.sess_evict_ticks, name)
  check.equal(found.duration_s, expect.duration_s, name)
  check.near(found.sessions_moved, expect.sessions_moved, 1e-9, name)
  each(name, found.final, expect.final_connections, "connections", 0)
  each(name, found.final, expect.final_disconnected_sessions, "disconnected_sessions", 0.001)
end

local function single(case)
  local plan = assert(rebalance.plan { snapshot = { nodes = case.nodes }, strategy = case.strategy })
  local expect = case.expect
  check.equal(plan.decision, expect.decision, case.name)
  check.equal(plan.donors, expect.donors, case.name)
  check.equal(plan.recipients, expect.recipients, case.name)
  check.equal(plan.reason ~= nil, plan.decision == "nothing_to_balance", case.name)
  if plan.decision == "start" then
    forecast(case.name, plan.forecast, expect)
  end
end

-- A call without a cluster: what it gives is the same JSON as everywhere.
local function call(case)
  -- Not every build has a transport of its own, and every cluster is read in the same way.
  local name = case.call == "cluster" and "sansio" or case.call
  local value, err = rebalance[name](case.request)
  check.equal(value, case.result, case.name)
  check.equal(err, case.error, case.name)
  if value then
    check.equal(assert(rebalance.from_json(assert(rebalance.to_json(value)))), case.result, case.name)
  end
end

local function given(value)
  if value ~= rebalance.null then
    return value
  end
end

-- What a step must give, and what it must not.
local function compare_step(found, step, what)
  check.equal(found.requests, step.requests, what .. " requests")
  check.equal(found.wake_at_ms, given(step.wake_at_ms), what .. " wake_at_ms")
  check.equal(found.result, step.result, what .. " result")
  check.equal(found.error, step.error, what .. " error")
  check.equal(found.events, step.events, what .. " events")
end

-- A conversation with a cluster that is reached as `access` says.
local function talk(case)
  local cluster = assert(rebalance.sansio(case.access))
  for _, turn in ipairs(case.turns) do
    local stepper = assert(cluster[turn.call](cluster, given(turn.request)))
    for i, step in ipairs(turn.steps) do
      local is_run = step.events ~= nil
      local input = is_run and { answers = step.answers } or step.answers
      local found = assert(stepper:step(step.now_ms, input))
      compare_step(found, step, ("%s, %s %d:"):format(case.name, turn.call, i))
    end
    if turn.status then
      check.equal(stepper:status(), turn.status, case.name .. " status")
    end
  end
end

-- How the cases of each file are tried.
local KINDS = { ["single.json"] = single, ["calls.json"] = call, ["talks.json"] = talk }

-- The cases of a file. One with numbers that no Lua may have is refused as a whole.
local function cases(path)
  local whole = rebalance.from_json(check.file(path))
  if whole then
    return whole.cases
  end
  local list = {}
  for line in check.file(path):gmatch("[^\n]+") do
    local text = line:match("^({.*}),?$")
    local case, err = rebalance.from_json(text or "null")
    if err then
      check.contains(line, "beyond 2^53")
      check.contains(line, '"kind":"config_invalid"')
    elseif text then
      list[#list + 1] = case
    end
  end
  return list
end

return function(test)
  local count = 0
  for path in os.getenv("VECTORS"):gmatch("%S+") do
    local try = assert(KINDS[path:match("[^/]+$")], path .. " holds vectors that nobody tries")
    local list = cases(path)
    assert(#list > 0, path .. " holds no vectors")
    for _, case in ipairs(list) do
      count = count + 1
      test("vector " .. case.name, function()
        try(case)
      end)
    end
  end
  print(count .. " vectors")
end

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
  each(name, found["end"], expect.final_connections, "connections", 0)
  each(name, found["end"], expect.final_disconnected_sessions, "disconnected_sessions", 0.001)
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

-- The plan of a table and of the same as JSON text do not differ.
local function alike(case)
  local request = { snapshot = { nodes = case.nodes }, strategy = case.strategy }
  local again = assert(rebalance.from_json(assert(rebalance.to_json(request))))
  check.equal(assert(rebalance.plan(again)), assert(rebalance.plan(request)), case.name)
end

-- How the cases of each file are tried.
local KINDS = { ["single.json"] = single }

return function(test)
  local count = 0
  for path in os.getenv("VECTORS"):gmatch("%S+") do
    local try = assert(KINDS[path:match("[^/]+$")], path .. " holds vectors that nobody tries")
    for _, case in ipairs(assert(rebalance.from_json(check.file(path))).cases) do
      count = count + 1
      test("vector " .. case.name, function()
        try(case)
        alike(case)
      end)
    end
  end
  print(count .. " vectors")
end
